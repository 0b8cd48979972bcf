"""The JRE in place of a JDK: what is seen to need no more, and what leaves the base alone."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

SOURCE = {"pom.xml": "<project/>", "src/main/java/Shop.java": "class Shop {}\n"}
JAR = "COPY target/shop.jar /app.jar\n"
START = 'ENTRYPOINT ["java", "-jar", "/app.jar"]\n'
BUILD = "FROM maven:3-eclipse-temurin-17 AS build\nWORKDIR /app\nCOPY . .\nRUN mvn package\n"
CARRIED = "COPY --from=build /app/target/*.jar /app.jar\n"


def slimmed(source: str, files: dict[str, str]) -> tuple[str, list[str]]:
    """The last base, and the notes."""
    settings = Settings(context=Files(files))
    result = rewrite(source, select=["slim-base"], settings=settings)
    again = rewrite(result.after, select=["slim-base"], settings=settings)
    assert not again.changed
    head, _, rest = source.rpartition("FROM ")
    base = result.after.removeprefix(f"{head}FROM ").partition("\n")[0]
    assert result.after == f"{head}FROM {base}\n{rest.partition(chr(10))[2]}"
    return base, [note.message for note in result.notes]


@pytest.mark.parametrize(
    ("source", "base"),
    [
        ("FROM eclipse-temurin:17-jdk\n" + JAR + START, "eclipse-temurin:17-jre"),
        ("FROM eclipse-temurin:21-jdk-alpine\n" + JAR + START, "eclipse-temurin:21-jre-alpine"),
        ("FROM openjdk:11-jdk-slim\n" + JAR + START, "openjdk:11-jre-slim"),
        (BUILD + "FROM eclipse-temurin:17-jdk\n" + CARRIED + START, "eclipse-temurin:17-jre"),
        (BUILD + "FROM openjdk:11\n" + CARRIED + START, "openjdk:11-jre"),
        (
            "FROM eclipse-temurin:17\nARG JAR=target/*.jar\nCOPY ${JAR} /app.jar\n" + START,
            "eclipse-temurin:17-jre",
        ),
        (
            "FROM eclipse-temurin:17-jdk-jammy\nRUN apt-get update && apt-get install -y curl\n"
            "RUN useradd shop\nUSER shop\n" + JAR + "HEALTHCHECK CMD curl localhost\n"
            'CMD ["sh", "-c", "exec java $OPTS -jar /app.jar"]\n',
            "eclipse-temurin:17-jre-jammy",
        ),
        (
            "FROM eclipse-temurin:17-jdk\n" + JAR + "COPY start.sh /\nCMD [\"/start.sh\"]\n",
            "eclipse-temurin:17-jre",
        ),
    ],
)  # fmt: skip
def test_the_jre_will_do(source: str, base: str) -> None:
    # scripts that the image does not get may call what they like
    scripts = {"start.sh": "#!/bin/sh\nexec java -jar /app.jar\n", "make.sh": "#!/bin/sh\njavac\n"}
    assert slimmed(source, {**SOURCE, **scripts}) == (base, [])


@pytest.mark.parametrize(
    ("source", "files", "reason"),
    [
        ("FROM eclipse-temurin:17-jdk\n" + JAR + START, {"pom.xml": "<project/>"},
         "the source of what is started is not in the build context"),
        (BUILD.replace("COPY . .", "RUN git clone x .")
         + "FROM eclipse-temurin:17-jdk\n" + CARRIED + START, SOURCE,
         "the source of what is started"),
        ("FROM eclipse-temurin:17-jdk\n" + JAR + START,
         {**SOURCE, "src/main/java/A.java": "import javax.tools.ToolProvider;\n"},
         "which a JRE has not"),
        ("FROM eclipse-temurin:17-jdk\n" + JAR + START,
         {**SOURCE, "src/main/java/A.java": 'new ProcessBuilder("jmap", pid);\n'},
         "calls jmap, which eclipse-temurin:17-jre has not"),
        ("FROM eclipse-temurin:17-jdk\nCOPY . .\nRUN javac A.java\nCMD java A\n", SOURCE,
         "javac in line 3 needs"),
        ("FROM eclipse-temurin:17-jdk\nCOPY . .\nRUN ./mvnw package\nCMD java A\n", SOURCE,
         "mvnw in line 3 needs"),
        ("FROM eclipse-temurin:17-jdk\nRUN curl -O https://example.org/agent.jar\n" + JAR + START,
         SOURCE, "what curl in line 2 needs"),
        ("FROM eclipse-temurin:17-jdk\nADD https://example.org/a.jar /app.jar\n" + START, SOURCE,
         "what line 2 brings cannot be seen"),
        ("FROM eclipse-temurin:17-jdk\nCOPY --from=example.org/a /a.jar /\n" + START, SOURCE,
         "what line 2 brings cannot be seen"),
        ("FROM eclipse-temurin:17-jdk\n" + JAR + "HEALTHCHECK CMD jps\n" + START, SOURCE,
         "HEALTHCHECK in line 3 calls jps"),
        ("FROM eclipse-temurin:17-jdk\n" + JAR + 'COPY start.sh /\nCMD ["/start.sh"]\n',
         {**SOURCE, "start.sh": "#!/bin/sh\njcmd 1 VM.version\njava -jar /app.jar\n"},
         "start.sh calls jcmd"),
        ("FROM eclipse-temurin:8-jdk\n" + JAR
         + "RUN cp a $JAVA_HOME/jre/lib/security/cacerts\n" + START, SOURCE,
         "a folder of the JDK is named"),
        ("FROM eclipse-temurin:17-jdk\n" + JAR + "CMD /app.sh\n", SOURCE,
         "nothing says that Java is started"),
        (BUILD + "FROM openjdk:11\nCOPY --from=build /app/run /app/\n" + START, SOURCE,
         "may need what openjdk:11 has"),
        ("FROM eclipse-temurin:17-jdk\nONBUILD COPY . .\n" + START, SOURCE, "built on this image"),
    ],
)  # fmt: skip
def test_the_jdk_stays(source: str, files: dict[str, str], reason: str) -> None:
    base, notes = slimmed(source, files)
    assert base == source.rpartition("FROM ")[2].partition("\n")[0]
    assert reason in notes[0]


@pytest.mark.parametrize("image", ["openjdk:17", "maven:3-eclipse-temurin-17", "gradle:8-jdk17"])
def test_without_a_jre_nothing_is_said(image: str) -> None:
    assert slimmed(f"FROM {image}\n{JAR}{START}", SOURCE) == (image, [])
