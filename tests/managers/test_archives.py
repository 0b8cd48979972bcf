"""What builds of Java leave: the archive, its name, and whether it needs other files."""

from __future__ import annotations

import pytest

from dockfix.installs.project import Copied
from dockfix.managers import manager_of
from dockfix.managers.manifests.shape import Archive, UnsureError
from helpers.memory_context import Files

PARENT = (
    "<parent><groupId>org.springframework.boot</groupId>"
    "<artifactId>spring-boot-starter-parent</artifactId><version>3.3.0</version></parent>"
)
BOOT = "<plugin><artifactId>spring-boot-maven-plugin</artifactId>{}</plugin>"
SHADE = (
    "<plugin><artifactId>maven-shade-plugin</artifactId>{}<executions><execution><goals>"
    "<goal>shade</goal></goals></execution></executions></plugin>"
)
ASSEMBLY = (
    "<plugin><artifactId>maven-assembly-plugin</artifactId><executions><execution><goals>"
    "<goal>single</goal></goals></execution></executions><configuration><descriptorRefs>"
    "<descriptorRef>jar-with-dependencies</descriptorRef></descriptorRefs>{}</configuration>"
    "</plugin>"
)
NEEDS = "<dependencies><dependency><artifactId>a</artifactId>{}</dependency></dependencies>"
BOOT_SCRIPT = "plugins {\n    id 'java'\n    id 'org.springframework.boot' version '3.3.0'\n}\n"
SHADOW_SCRIPT = 'plugins {\n    id("com.gradleup.shadow") version "8.3.0"\n}\n'
NAMED = {"settings.gradle": "rootProject.name = 'shop'\n"}


def pom(plugins: str = "", more: str = "", build: str = "") -> str:
    head = "<artifactId>shop</artifactId><version>1.0</version>"
    head = "" if "<artifactId>shop" in more else head
    return f"<project>{head}{more}<build>{build}<plugins>{plugins}</plugins></build></project>"


def archive(command: str, path: str, files: dict[str, str]) -> Archive | None:
    """What a command leaves where a path lies, in a project that is all there."""
    program, *values = command.split()
    manager = manager_of(program)
    assert manager is not None
    assert manager.archive is not None
    return manager.archive(_project(files), values, path)


def _project(files: dict[str, str]) -> Copied:
    from dockfix.dockerfile.parser import parse
    from dockfix.state.facts import Facts
    from dockfix.state.paths import copy_of

    facts = Facts(parse("FROM x\nWORKDIR /app\nCOPY . .\n"))
    copy = copy_of(facts.stages[0].instructions[-1], "/app")
    return Copied([copy], "/app", Files(files))


@pytest.mark.parametrize(
    ("command", "text", "path", "alone"),
    [
        ("mvn package", pom(BOOT.format(""), PARENT), "shop-1.0.jar", True),
        ("mvn -B clean verify", pom(BOOT.format(""), PARENT), "shop-1.0.jar", True),
        ("mvnw install -DskipTests", pom(BOOT.format(""), PARENT), "shop-1.0.jar", True),
        # the plugin is there, but nobody has it repackage anything
        ("mvn package", pom(BOOT.format("")), "shop-1.0.jar", True),
        ("mvn package", pom(BOOT.format(""), NEEDS.format("")), "shop-1.0.jar", False),
        (
            "mvn package spring-boot:repackage",
            pom(BOOT.format(""), NEEDS.format("")),
            "shop-1.0.jar",
            True,
        ),
        # the plain archive has the name, and the whole one another
        (
            "mvn package",
            pom(BOOT.format("<configuration><classifier>x</classifier></configuration>"), PARENT),
            "*.jar",
            False,
        ),
        (
            "mvn package",
            pom(BOOT.format("<configuration><layout>ZIP</layout></configuration>"), PARENT),
            "shop-1.0.jar",
            False,
        ),
        ("mvn package", pom(SHADE.format(""), NEEDS.format("")), "shop-1.0.jar", True),
        (
            "mvn package",
            pom(SHADE.format("<configuration><finalName>x</finalName></configuration>")),
            "*.jar",
            True,
        ),
        (
            "mvn package",
            pom(ASSEMBLY.format(""), NEEDS.format("")),
            "shop-1.0-jar-with-dependencies.jar",
            True,
        ),
        ("mvn package", pom("", NEEDS.format("<scope>test</scope>")), "shop-1.0.jar", True),
        ("mvn package", pom("", NEEDS.format("")), "shop-1.0.jar", False),
        ("mvn package", pom(build="<finalName>app</finalName>"), "app.jar", True),
        (
            "mvn package",
            pom(more="<artifactId>shop</artifactId><version>${revision}</version>"
                "<properties><revision>2</revision></properties>"),
            "shop-2.jar",
            True,
        ),
        (
            "mvn package -Drevision=3",
            pom(more="<artifactId>shop</artifactId><version>${revision}</version>"
                "<properties><revision>2</revision></properties>"),
            "*.jar",
            True,
        ),
        ("mvn package", pom(BOOT.format(""), PARENT + "<packaging>war</packaging>"),
         "shop-1.0.war", True),
    ],
)  # fmt: skip
def test_the_archive_of_a_pom(command: str, text: str, path: str, alone: bool) -> None:
    files = {"pom.xml": text}
    assert archive(command, "target/x.jar", files) == Archive("target", f"target/{path}", alone)


def test_modules_have_archives_of_their_own() -> None:
    root = pom(more="<packaging>pom</packaging><modules><module>web</module></modules>" + PARENT)
    own = (
        "<project><parent><artifactId>shop</artifactId><version>1.0</version></parent>"
        "<artifactId>web</artifactId><build><plugins>{}</plugins></build></project>"
    )
    files = {"pom.xml": root, "web/pom.xml": own.format(BOOT.format("")), "old/pom.xml": pom()}
    expected = Archive("web/target", "web/target/web-1.0.jar", alone=True)
    assert archive("mvn package", "web/target/web-1.0.jar", files) == expected
    assert archive("mvn package -pl web -am", "web/target/web-1.0.jar", files) == expected
    assert archive("mvn package", "old/target/old-1.0.jar", files) is None
    assert archive("mvn verify clean", "web/target/web-1.0.jar", files) is None
    assert archive("mvn dependency:go-offline", "web/target/web-1.0.jar", files) is None
    assert archive("mvn package", "web/other/web-1.0.jar", files) is None
    with pytest.raises(UnsureError, match="whether web is built"):
        archive("mvn package -pl other", "web/target/web-1.0.jar", files)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (pom(build="<directory>out</directory>"), "where the build lies"),
        (
            pom("<plugin><artifactId>maven-dependency-plugin</artifactId><configuration>"
                "<outputDirectory>${project.basedir}/lib</outputDirectory></configuration>"
                "</plugin>", NEEDS.format("")),
            "write to",
        ),
        (
            pom("<plugin><artifactId>maven-jar-plugin</artifactId><configuration>"
                "<classpathPrefix>/opt/lib</classpathPrefix></configuration></plugin>",
                NEEDS.format("")),
            "look for others in /opt/lib",
        ),
        ("<!DOCTYPE project><project/>", "document type"),
    ],
)  # fmt: skip
def test_what_a_pom_puts_elsewhere_is_not_known(text: str, reason: str) -> None:
    with pytest.raises(UnsureError, match=reason):
        archive("mvn package", "target/x.jar", {"pom.xml": text})


@pytest.mark.parametrize(
    ("command", "script", "path", "alone"),
    [
        ("gradle build -x test", BOOT_SCRIPT, "shop.jar", True),
        ("gradlew bootJar", BOOT_SCRIPT + "version = '0.1'\n", "shop-0.1.jar", True),
        ("gradle :bootJar", BOOT_SCRIPT + 'version "0.1"\n', "shop-0.1.jar", True),
        ("gradle bootJar", BOOT_SCRIPT + "version = file('v').text\n", "*.jar", True),
        (
            "gradle build",
            BOOT_SCRIPT + "bootJar {\n    archiveFileName = 'app.jar'\n}\n",
            "app.jar",
            True,
        ),
        ("gradle build", BOOT_SCRIPT + "archivesBaseName = 'app'\n", "*.jar", True),
        ("gradle shadowJar", SHADOW_SCRIPT, "shop-all.jar", True),
        (
            "gradle jar",
            "jar {\n from { configurations.runtimeClasspath.collect { zipTree(it) } }\n}\n",
            "shop.jar",
            True,
        ),
    ],
)
def test_the_archive_of_a_script(command: str, script: str, path: str, alone: bool) -> None:
    found = archive(command, "build/libs/x.jar", {"build.gradle": script, **NAMED})
    assert found == Archive("build/libs", f"build/libs/{path}", alone)


def test_a_plugin_of_the_catalog_is_known() -> None:
    catalog = '[plugins]\nspring-boot = { id = "org.springframework.boot", version = "3.3.0" }\n'
    files = {
        "build.gradle.kts": "plugins {\n    alias(libs.plugins.spring.boot)\n}\n",
        "gradle/libs.versions.toml": catalog,
    }
    found = archive("gradle build", "build/libs/x.jar", files)
    assert found == Archive("build/libs", "build/libs/*.jar", alone=True)


def test_projects_have_archives_of_their_own() -> None:
    files = {
        "settings.gradle": "rootProject.name = 'all'\ninclude 'web'\n",
        "build.gradle": "subprojects {\n    version = '1'\n}\n",
        "web/build.gradle": BOOT_SCRIPT,
    }
    expected = Archive("web/build/libs", "web/build/libs/*.jar", alone=True)
    assert archive("gradle build", "web/build/libs/web-1.jar", files) == expected
    assert archive("gradle :web:bootJar", "web/build/libs/web-1.jar", files) == expected
    assert archive("gradle :api:bootJar", "web/build/libs/web-1.jar", files) is None
    assert archive("gradle build", "api/build/libs/api-1.jar", files) is None


def test_an_installed_distribution_is_a_folder() -> None:
    files = {"build.gradle": "plugins { id 'application' }\n", **NAMED}
    found = archive("gradle installDist", "build/install/shop/bin/shop", files)
    assert found == Archive("build/install")
    assert archive("gradle build -x test", "build/install/shop/bin/shop", files) is None


@pytest.mark.parametrize(
    ("command", "script", "reason"),
    [
        ("gradle build", "plugins { id 'java' }\n", "all that it needs"),
        ("gradle build", BOOT_SCRIPT + "bootJar { enabled = false }\n", "all that it needs"),
        ("gradle build", BOOT_SCRIPT + "buildDir = 'out'\n", "where the build lies"),
        ("gradle -p web build", BOOT_SCRIPT, "says what is built"),
        ("gradle build -Pversion=2", BOOT_SCRIPT, "says what is built"),
        (
            "gradle build",
            "plugins {\n    id 'org.springframework.boot' version '3.3.0' apply false\n}\n",
            "all that it needs",
        ),
    ],
)
def test_scripts_that_do_not_tell(command: str, script: str, reason: str) -> None:
    with pytest.raises(UnsureError, match=reason):
        archive(command, "build/libs/x.jar", {"build.gradle": script})
