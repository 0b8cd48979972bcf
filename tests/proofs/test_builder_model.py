"""install-before-source by a model of the builder: the same image, and never more to rebuild."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping

import pytest

from dockfix import Rewrite, rewrite
from dockfix.context.ignorefile import EVERYTHING, parse_ignore_file
from dockfix.passes.base import Settings
from helpers.amount import some
from helpers.builder import Build, BuildError, build
from helpers.memory_context import Files

COUNT = some(600)


def rewritten(source: str, files: Mapping[str, str]) -> Rewrite:
    return rewrite(
        source, select=["install-before-source"], settings=Settings(context=Files(files))
    )


def sent(files: Mapping[str, str], ignore_file: str | None = None) -> dict[str, str]:
    """What the builder is sent of a context, the ignore file itself aside."""
    text = files.get(".dockerignore", "") if ignore_file is None else ignore_file
    rules = parse_ignore_file(text) or EVERYTHING
    names = [name for name in files if name != ".dockerignore" and not rules.ignores(name)]
    return {name: files[name] for name in names}


def built(source: str, files: Mapping[str, str]) -> Build | None:
    try:
        return build(source, files)
    except BuildError:
        return None


def image_of(one: Build | None) -> object:
    return one and (one.image.files, one.image.folders)


def rerun(source: str, files: Mapping[str, str], edited: str) -> tuple[set[str], int] | None:
    """The commands that run again, and the number of steps made again, after an edit."""
    other = {**files, edited: files[edited] + "\n"}
    one, two = built(source, files), built(source, other)
    if one is None or two is None:
        return None
    pairs = list(zip(one.steps, two.steps, strict=True))
    again = [old for old, new in pairs if old.key != new.key]
    commands = {
        f"{step.stage} {command}"
        for step in again
        for command in step.commands
        if not command.startswith(("COPY", "ADD"))
    }
    return commands, len(again)


# What must hold, and what becomes of the image where somebody does not mind

PACKAGE = '{"dependencies": {"a": "1"}}'
LOCK = (
    '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {}}}'
)
NODE = {"package.json": PACKAGE, "package-lock.json": LOCK, "a.js": "x"}
NPM = "COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"

CARELESS = {
    "the install reads the source": (
        "COPY . .\nRUN pip install -r requirements.txt\n",
        "COPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\n",
        {"requirements.txt": "-e .\n", "setup.py": "x"},
    ),
    "a list names another": (
        "COPY . /x\nRUN pip install -r /x/y/r.txt\n",
        "COPY y/r.txt /x/y/\nRUN pip install -r /x/y/r.txt\nCOPY . /x\n",
        {"y/r.txt": "-r ../z.txt\n", "z.txt": "a\n", "a.py": "x"},
    ),
    "a script of the manifest reads the source": (
        "COPY . .\nRUN npm ci\n",
        NPM,
        {**NODE, "package.json": PACKAGE[:-1] + ', "scripts": {"prepare": "tsc"}}'},
    ),
    "the autoloader lists the source": (
        "COPY . .\nRUN composer install\n",
        "COPY composer.json composer.lock ./\nRUN composer install\nCOPY . .\n",
        {
            "composer.json": '{"autoload": {"classmap": ["src"]}}',
            "composer.lock": "{}",
            "src/A.php": "x",
        },
    ),
    "what is installed would be overwritten": (
        "COPY . .\nRUN npm ci\nCOPY node_modules/own node_modules/own\n",
        NPM + "COPY node_modules/own node_modules/own\n",
        {**NODE, "node_modules/a/index.js": "old", "node_modules/own/index.js": "own"},
    ),
    "the lock file that the install changes would be overwritten": (
        "COPY . .\nRUN npm install\n",
        NPM.replace("ci", "install"),
        {**NODE, "package.json": '{"dependencies": {"a": "1", "b": "1"}}'},
    ),
    "the owner of what the context would bring": (
        "COPY --chown=u . .\nRUN npm ci\n",
        NPM.replace("COPY", "COPY --chown=u"),
        {**NODE, "node_modules/a/index.js": "old"},
    ),
    "a relative destination is another below a WORKDIR": (
        "COPY . .\nWORKDIR web\nRUN npm ci\n",
        "COPY web/package.json web/package-lock.json web/\nWORKDIR web\nRUN npm ci\nCOPY . .\n",
        {f"web/{name}": text for name, text in NODE.items()},
    ),
    "the owner of the directory": (
        "COPY --chown=u src /s\nRUN pip install x\nWORKDIR /s\nRUN pip install y\n",
        "RUN pip install x\nWORKDIR /s\nRUN pip install y\nCOPY --chown=u src /s\n",
        {"src/a.py": "x"},
    ),
    "the user may not write where the files of another lie": (
        "COPY --chown=u . /s\nWORKDIR /s\nUSER u\nRUN npm ci\n",
        "WORKDIR /s\nUSER u\nCOPY --chown=u package.json package-lock.json /s/\nRUN npm ci\n"
        "COPY --chown=u . /s\n",
        NODE,
    ),
    "a program in between changes a manifest": (
        "COPY . .\nRUN sh generate.sh\nRUN pip install -r requirements.txt\n",
        "COPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\n"
        "RUN sh generate.sh\n",
        {"requirements.txt": "a\n", "generate.sh": "x"},
    ),
    "a program above has changed a manifest": (
        "COPY . .\nRUN sh generate.sh\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "COPY . .\nRUN sh generate.sh\nRUN pip install -r requirements.txt\nCOPY . .\n",
        {"requirements.txt": "a\n", "generate.sh": "x"},
    ),
    "the source is used in between": (
        "COPY . .\nRUN make && pip install -r requirements.txt\n",
        "COPY requirements.txt ./\nRUN pip install -r requirements.txt && make\nCOPY . .\n",
        {"requirements.txt": "a\n", "Makefile": "x"},
    ),
}


@pytest.mark.parametrize("condition", CARELESS)
def test_a_condition_that_is_not_minded_breaks_the_image(condition: str) -> None:
    before, careless, files = CARELESS[condition]
    head = "FROM x\nWORKDIR /app\n"
    original = built(head + before, files)
    assert original is not None
    assert image_of(original) != image_of(built(head + careless, files))
    result = rewritten(head + before, files)
    ignored = result.others[0].after if result.others else None
    assert image_of(original) == image_of(built(result.after, sent(files, ignored)))
    assert result.after != head + careless


# Random projects


INSTALLS = {
    "pip": (
        "pip install -r requirements.txt",
        "pip install --no-cache-dir -r requirements.txt",
    ),
    "npm": ("npm ci", "npm install", "npm ci --omit=dev"),
    "go": ("go mod download",),
    "composer": (
        "composer install --no-plugins",
        "composer install --no-plugins --no-autoloader",
    ),
    "dotnet": ("dotnet restore Web/Web.csproj",),
}


#: How the files of a project's source end that no install reads.
SOURCES = ("main.py", "src/a.js", "m.go", "A.php", "a.cs")


class Generator:
    """Projects of several managers, and Dockerfiles that build them in many ways."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, chance: float) -> bool:
        return self.random.random() < chance

    def pip(self, at: str) -> dict[str, str]:
        lines = ["flask"]
        files = {f"{at}main.py": "print()"}
        if self.some(0.3):
            lines.append("-r base.txt")
            files[f"{at}base.txt"] = "click\n"
        if self.some(0.15):
            lines.append("-e .")
        if self.some(0.15):
            lines.append("./lib")
            files[f"{at}lib/setup.py"] = "setup()"
        files[f"{at}requirements.txt"] = "\n".join(lines) + "\n"
        return files

    def npm(self, at: str) -> dict[str, str]:
        asked = {"a": "1"}
        manifest: dict[str, object] = {"dependencies": asked}
        packages: dict[str, object] = {"": {"dependencies": asked}, "node_modules/a": {}}
        files = {f"{at}index.js": "x()", f"{at}src/a.js": "a()"}
        if self.some(0.2):
            manifest["workspaces"] = ["parts/*"]
            packages["node_modules/b"] = {"resolved": "parts/b", "link": True}
            packages["parts/b"] = {}
            files[f"{at}parts/b/package.json"] = "{}"
            files[f"{at}parts/b/b.js"] = "b()"
        script = self.random.choice(["", "", "", "tsc", "patch-package"])
        if script:
            manifest["scripts"] = {"postinstall": script}
            files[f"{at}patches/a.patch"] = "patch"
        if self.some(0.2):
            files[f"{at}.npmrc"] = "fund=false\n"
        if self.some(0.25):
            files[f"{at}node_modules/a/index.js"] = "of the host"
        if self.some(0.1):
            manifest["dependencies"] = {"a": "1", "c": "1"}
        files[f"{at}package.json"] = json.dumps(manifest)
        if self.some(0.9):
            lock = {"lockfileVersion": 3, "packages": packages}
            files[f"{at}package-lock.json"] = json.dumps(lock)
        return files

    def go(self, at: str) -> dict[str, str]:
        local = self.some(0.3)
        files = {f"{at}go.mod": "module m\n" + "replace x => ./x\n" * local, f"{at}m.go": "m"}
        if local:
            files |= {f"{at}x/go.mod": "module x\n", f"{at}x/x.go": "x"}
        return files

    def composer(self, at: str) -> dict[str, str]:
        autoload = {"classmap": ["src/"]} if self.some(0.5) else {"psr-4": {"A\\": "src/"}}
        return {
            f"{at}composer.json": json.dumps({"version": "1", "autoload": autoload}),
            f"{at}composer.lock": '{"packages": []}',
            f"{at}src/A.php": "class A",
        }

    def dotnet(self, at: str) -> dict[str, str]:
        files = {
            f"{at}Web/Web.csproj": '<ProjectReference Include="..\\Core\\Core.csproj" />',
            f"{at}Core/Core.csproj": "<Project />",
            f"{at}Web/a.cs": "a",
        }
        if self.some(0.3):
            files[f"{at}Web/obj/assets.json"] = "of the host"
        return files

    def project(self) -> tuple[str, dict[str, str]]:
        """A Dockerfile and its context."""
        kinds = self.random.sample(sorted(INSTALLS), self.random.choice([1, 1, 2]))
        at = {kind: "" if len(kinds) == 1 and self.some(0.7) else f"{kind}/" for kind in kinds}
        files = {"README.md": "read"}
        for kind in kinds:
            files |= getattr(self, kind)(at[kind])
        where = self.random.choice(["/app", "/srv/x"])
        lines = ["FROM x AS one"]
        below = self.some(0.2)
        if not below:
            lines.append(f"WORKDIR {where}")
        if self.some(0.3):
            lines.append("RUN apt-get install -y gcc")
        flag = "--chown=u " if self.some(0.2) else ""
        if self.some(0.15):
            lines.append("COPY README.md ./docs/")
        if at[kinds[0]] == "" and kinds == ["npm"] and self.some(0.3):
            lines.append(f"COPY {flag}package*.json ./")
        if self.some(0.1):
            lines.append("RUN make early")
        target = where if below else self.random.choice([".", "./", where, f"{where}/"])
        lines.append(f"COPY {flag}. {target}")
        if below:
            lines.append(f"WORKDIR {where}")
        between = ["ENV A=b", "EXPOSE 80", "LABEL a=b", "RUN apt-get install -y curl", "RUN make",
                   "ARG V", "WORKDIR sub", "COPY README.md /doc/", "USER u"]  # fmt: skip
        for kind in kinds:
            if self.some(0.3):
                lines.append(self.random.choice(between))
            command = self.random.choice(INSTALLS[kind])
            folder = f"cd {where}/{at[kind].rstrip('/')} && " if at[kind] else ""
            rest = self.random.choice(["", "", " && npm run build", " && make all"])
            lines.append(f"RUN {folder}{command}{rest}")
        if self.some(0.5):
            lines.append("RUN make all")
        if self.some(0.3):
            lines += ["FROM y", f"COPY --from=one {where} /app", "RUN python check.py"]
        return "\n".join(lines) + "\n", files


def test_random_projects_stay_the_same_and_rebuild_no_more() -> None:
    generator = Generator(20260714)
    changed = divided = kept_out = 0
    for _ in range(COUNT):
        source, files = generator.project()
        original = built(source, files)
        if original is None:
            continue
        result = rewritten(source, files)
        if not result.changed:
            continue
        context = sent(files, result.others[0].after if result.others else None)
        case = f"{source}\n{result.after}\n{files}"
        assert image_of(original) == image_of(built(result.after, context)), case
        changed += 1
        divided += result.after.count("COPY ") > source.count("COPY ")
        kept_out += len(result.others)
        for edited in context:
            before, after = rerun(source, files, edited), rerun(result.after, context, edited)
            if before is not None and after is not None:
                assert after[0] <= before[0], f"{edited}\n{case}"
    assert changed > COUNT // 5
    assert divided > COUNT // 8
    assert kept_out > some(5)


def test_the_message_counts_the_steps_as_the_builder_does() -> None:
    generator = Generator(20260715)
    counted = uncounted = 0
    for _ in range(COUNT // 3):
        source, files = generator.project()
        result = rewritten(source, files)
        edited = next((name for name in files if name.endswith(SOURCES)), "")
        if not edited or not result.changed or len(result.applied) > 1 or result.others:
            continue
        before, after = (rerun(text, files, edited) for text in (source, result.after))
        if before is None or after is None:
            continue
        message = result.applied[0].message
        case = f"{message}\n{source}\n{result.after}"
        # without counts there must be none to tell: a RUN that is divided has its rest run again
        found = re.search(r"re-runs (\d+) steps? instead of (\d+)", message)
        counts = (int(found[1]), int(found[2])) if found else None
        assert counts == ((after[1], before[1]) if after[1] < before[1] else None), case
        assert re.search(r"\bno longer (re-runs )?the install$", message), case
        spared = before[0] - after[0]
        manager = message.partition(": ")[2].split()[0]
        assert any(re.search(rf"\b{manager}\b", command) for command in spared), case
        counted += counts is not None
        uncounted += counts is None
    assert counted > some(10)
    assert uncounted > some(5)
