"""What source in Java, Kotlin and the like calls, and what of it a JRE has not.

A JRE has no compiler, no debugger, and cannot attach to another Java: the packages that have these
are named in the source that uses them, or come with libraries that are known to do so.
"""

from __future__ import annotations

import re

from dockfix.managers import manager_of
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.source import called_by_script, is_shell_script
from dockfix.stages.view import View

#: Endings of source that is looked into.
SOURCE = (".java", ".kt", ".groovy", ".scala")
#: Packages of modules that no JRE has (Temurin: all but the modules of `java.se` and those that the
#: platform's class loader has), and ways to them.
_OF_JDK = lazy(
    r"\b(?:com\.sun\.(?:tools|source|jdi|javadoc)|sun\.(?:tools|jvmstat)|jdk\.(?:jshell|jpackage)"
    r"|jdk\.security\.jarsigner|getSystemJavaCompiler|ToolProvider|VirtualMachine\.attach"
    r"|ByteBuddyAgent\.install)\b|\btools\.jar\b"
)
#: Libraries that compile or attach when a program runs.
_LIBRARIES = lazy(
    r"\b(?:byte-buddy-agent|reactor-tools|blockhound|jooR|joor|camel-(?:java-)?joor(?:-dsl)?|jte"
    r"|jbang[\w-]*|InMemoryJavaCompiler|kotlin-scripting-[\w-]+|kotlin-compiler[\w-]*|jruby[\w-]*"
    r"|kie-ci|drools-compiler|gwt-dev|arthas-[\w-]+|jol-core|error_prone_core)\b"
    r"|\bnet\.openhft\b[^\n]*\bcompiler\b|\bcom\.sun\b[^\n]*\btools\b"
)
#: Where a library is only for tests, or for the build.
_SCOPED = lazy(r"<scope>\s*(?:test|provided)\s*</scope>|^\s*(?:test\w*|annotationProcessor|kapt"
               r"|compileOnly|developmentOnly)\b")  # fmt: skip
_STARTS = lazy(r"\.exec\s*\(([^\n]*)|\bProcessBuilder\s*\(([^\n]*)")
_TEXT = lazy(r"\"((?:[^\"\\]|\\.)*)\"")
_IN_SOURCE = lazy(r"(?<![\w/-])src/(?:main|test)/")
_READ = (*SOURCE, ".properties", ".yml", ".yaml", ".sh")


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls. Raises UnsureError."""
    name = path.rpartition("/")[2]
    if is_wrapper(path):
        return frozenset()
    if is_shell_script(path, text):
        return called_by_script(path, text)
    if name.endswith(("pom.xml", ".gradle", ".gradle.kts", "libs.versions.toml")):
        _check_libraries(path, text)
        return frozenset()
    if not path.endswith(SOURCE) or "src/test/" in path:
        return frozenset()
    if found := _OF_JDK.search(text):
        raise UnsureError(f"{path} uses {found[0]}, which a JRE has not")
    named: set[str] = set()
    for call in _STARTS.finditer(text) if "rocess" in text or "untime" in text else ():
        arguments = (call[1] or call[2] or "").lstrip()
        arguments = re.sub(r"^(?:new\s+String\s*\[\s*\]\s*\{|listOf\(|List\.of\(|Arrays\.asList\(|"
                           r"arrayOf\()\s*", "", arguments)  # fmt: skip
        if _TEXT.match(arguments) is None:
            raise UnsureError(f"{path} runs a program, and it is unknown which")
        for one in _TEXT.finditer(arguments):
            named.update(one[1].replace(";", " ").split())
    return frozenset(word.rpartition("/")[2] for word in named)


def is_wrapper(path: str) -> bool:
    """True for a script that starts a manager, which only a build calls."""
    name = path.rpartition("/")[2].removesuffix(".cmd").removesuffix(".bat")
    manager = manager_of(name)
    return manager is not None and manager.language == "java"


def _check_libraries(path: str, text: str) -> None:
    """Raises UnsureError for a library that needs a JDK when it runs."""
    for found in _LIBRARIES.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.end()]
        begin = text.rfind("<dependency>", 0, found.start())
        end = text.find("</dependency>", found.end())
        around = text[begin:end] if begin >= 0 and end >= 0 else line
        if not _SCOPED.search(around) and "<plugin>" not in around:
            raise UnsureError(f"{found[0]} in {path} may need a JDK when it runs")


def names_source(view: View) -> str:
    """A file that runs and names the folders of source, which it may read; "" if there is none."""
    for path in view.files:
        if is_wrapper(path) or not path.endswith(_READ):
            continue
        if "src/test/" not in path and _IN_SOURCE.search(view.read(path)):
            return path
    return ""
