"""A stage that builds Java: what the final stage gets, and what leaves the stage alone."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

BOOT = """\
<project>
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.3.0</version>
  </parent>
  <artifactId>shop</artifactId>
  <version>1.0</version>
  <dependencies>{}</dependencies>
  <build>
    <plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins>
  </build>
</project>
"""
THIN = """\
<project>
  <artifactId>shop</artifactId>
  <version>1.0</version>
  <dependencies><dependency><artifactId>a</artifactId></dependency></dependencies>
</project>
"""
SCRIPT = "plugins {\n    id 'org.springframework.boot' version '3.3.0'\n}\nversion = '1.0'\n"
MAVEN = {"pom.xml": BOOT.format(""), "src/main/java/Shop.java": "class Shop {}\n"}
GRADLE = {
    "build.gradle": SCRIPT,
    "settings.gradle": "rootProject.name = 'shop'\n",
    "gradlew": "#!/bin/sh\nexec javac\n",
    "src/main/java/Shop.java": "class Shop {}\n",
}
BUILD = "FROM maven:3.9-eclipse-temurin-17\nWORKDIR /app\nCOPY . .\nRUN mvn package\n"
JAR = "/app/target/shop-1.0.jar"
START = 'CMD ["java", "-jar", "target/shop-1.0.jar"]\n'


def divided(source: str, files: dict[str, str]) -> tuple[list[str], list[str]]:
    """The lines of the final stage, and the notes."""
    settings = Settings(context=Files(files))
    result = rewrite(source, select=["multi-stage"], settings=settings)
    again = rewrite(result.after, select=["multi-stage"], settings=settings)
    assert not again.changed
    lines = result.after.partition("\n\n")[2].splitlines() if result.changed else []
    return lines, [note.message for note in result.notes]


def carried(source: str, files: dict[str, str]) -> list[str]:
    """What the final stage copies of the build."""
    lines, notes = divided(source, files)
    assert lines, notes
    head = "COPY --from=build "
    return [line.removeprefix(head) for line in lines if line.startswith(head)]


@pytest.mark.parametrize(
    ("image", "final"),
    [
        # on what a version was last built the table tells
        ("maven:3.9-eclipse-temurin-17", "eclipse-temurin:17-jre-noble"),
        ("maven:3.8.6-eclipse-temurin-17", "eclipse-temurin:17-jre-jammy"),
        ("maven:3.8.4-eclipse-temurin-11", "eclipse-temurin:11-jre-focal"),
        ("maven:3.9.99-eclipse-temurin-17", "eclipse-temurin:17-jre"),
        ("gradle:8-jdk17", "eclipse-temurin:17-jre-noble"),
        ("gradle:8.5-jdk17", "eclipse-temurin:17-jre-jammy"),
        ("gradle:8-jdk11", "eclipse-temurin:11-jre-jammy"),
        ("gradle:jdk25", "eclipse-temurin:25-jre-resolute"),
        ("gradle:10-jdk25", "eclipse-temurin:25-jre"),
        ("maven:3-eclipse-temurin-21-alpine", "eclipse-temurin:21-jre-alpine"),
        ("maven:3.8.6-eclipse-temurin-11-focal", "eclipse-temurin:11-jre-focal"),
        ("docker.io/library/maven:eclipse-temurin-17",
         "docker.io/library/eclipse-temurin:17-jre-noble"),
        ("maven:3.6.3-openjdk-11-slim", "openjdk:11-jre-slim"),
        ("maven:3-jdk-8", "openjdk:8-jre"),
        ("eclipse-temurin:17", "eclipse-temurin:17-jre"),
        ("eclipse-temurin:21-jdk-noble", "eclipse-temurin:21-jre-noble"),
        ("openjdk:8-jdk-slim-bullseye", "openjdk:8-jre-slim-bullseye"),
        ("openjdk:8u302-jdk-slim", "openjdk:8u302-jre-slim"),
        ("openjdk:11.0.12", "openjdk:11.0.12-jre"),
        ("amazoncorretto:21", "amazoncorretto:21-headful"),
        ("amazoncorretto:25-jdk", "amazoncorretto:25-headful"),
        ("amazoncorretto:17.0.8-al2023", "amazoncorretto:17.0.8-al2023-headful"),
        ("amazoncorretto:21.0.12", "amazoncorretto:21.0.12-al2023-headful"),
        ("ibm-semeru-runtimes:open-17-jdk", "ibm-semeru-runtimes:open-17-jre"),
        ("ibm-semeru-runtimes:open-11.0.19_7-jdk-jammy",
         "ibm-semeru-runtimes:open-11.0.19_7-jre-jammy"),
        ("gradle:8.5-jdk17-jammy", "eclipse-temurin:17-jre-jammy"),
        ("gradle:jdk21-alpine", "eclipse-temurin:21-jre-alpine"),
    ],
)  # fmt: skip
def test_the_final_stage_has_the_jre_of_the_same_vendor(image: str, final: str) -> None:
    source = BUILD.replace("maven:3.9-eclipse-temurin-17", image) + START
    lines, notes = divided(source, MAVEN)
    assert lines[:1] == [f"FROM {final}"], notes


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("maven:3.8-openjdk-17", "no image of a JRE is known"),
        ("maven:3.9", "it is unknown which JDK maven:3.9 has"),
        ("maven:3-amazoncorretto-17", "Amazon Corretto"),
        ("openjdk:17", "no image of a JRE is known"),
        # of two releases, one after the other
        ("openjdk:11.0.3-jdk-slim", "no image of a JRE is known"),
        ("amazoncorretto:21-alpine", "no image of a JRE is known"),
        ("amazoncorretto:8", "no image of a JRE is known"),
        # on Amazon Linux 2, which has no JRE
        ("amazoncorretto:21.0.8", "no image of a JRE is known"),
        ("amazoncorretto:17-al2", "no image of a JRE is known"),
        ("openjdk:8-jdk-alpine", "no image of a JRE is known"),
        ("eclipse-temurin:16-jdk", "no image of a JRE is known"),
        ("eclipse-temurin:17-jre", "has no JDK to build with"),
        ("maven:3.8-eclipse-temurin-18", "no image of a JRE is known"),
        ("gradle:6-jdk11", "which JDK gradle:6-jdk11 has"),
        ("gradle:7.1-jdk11", "which JDK gradle:7.1-jdk11 has"),
        ("gradle:8-jdk17-corretto", "Amazon Corretto"),
        ("eclipse-temurin:17@sha256:" + "0" * 64, "is pinned"),
    ],
)
def test_images_without_a_jre_are_left_alone(image: str, reason: str) -> None:
    source = BUILD.replace("maven:3.9-eclipse-temurin-17", image) + START
    lines, notes = divided(source, MAVEN)
    assert not lines
    assert reason in notes[0]


@pytest.mark.parametrize(
    ("more", "paths"),
    [
        (START, [f"{JAR} {JAR}"]),
        ("CMD java -jar target/*.jar\n", ["/app/target/*.jar /app/target/"]),
        ("CMD java -jar target/shop-*.jar\n", ["/app/target/shop-*.jar /app/target/"]),
        # a name that the build does not give: the folder is there in any case
        ("CMD java -jar target/other.jar\n", ["/app/target /app/target"]),
        ("CMD java -jar target/o*.jar\n", ["/app/target /app/target"]),
        ("ENV JAR=target/shop-1.0.jar\nCMD java -jar $JAR\n", [f"{JAR} {JAR}"]),
        ("CMD java -jar target/shop-$VERSION.jar\n", ["/app/target /app/target"]),
        ("CMD java -cp target/classes Shop\n", ["/app/target /app/target"]),
        ('ENTRYPOINT ["sh", "-c", "java $OPTS -jar /app/target/shop-1.0.jar"]\n',
         [f"{JAR} {JAR}"]),
        ('ENTRYPOINT ["java", "-jar"]\n' + 'CMD ["target/shop-1.0.jar"]\n', [f"{JAR} {JAR}"]),
        ("RUN mv target/*.jar app.jar\nCMD java -jar app.jar\n", ["/app/app.jar /app/app.jar"]),
        ("RUN cp target/shop-1.0.jar /app.jar\nCMD java -jar /app.jar\n", ["/app.jar /app.jar"]),
        ("RUN mkdir /out && cp target/*.jar /out/\nCMD java -jar /out/shop-1.0.jar\n",
         ["/out/*.jar /out/"]),
        ("WORKDIR /app/target\nCMD java -jar shop-1.0.jar\n", [f"{JAR} {JAR}"]),
    ],
)  # fmt: skip
def test_what_the_start_names_is_carried(more: str, paths: list[str]) -> None:
    assert carried(BUILD + more, MAVEN) == paths


def test_an_archive_that_may_need_others_is_carried_with_its_folder() -> None:
    assert carried(BUILD + START, {**MAVEN, "pom.xml": THIN}) == ["/app/target /app/target"]
    _, notes = divided(
        BUILD + "RUN mv target/*.jar app.jar\nCMD java -jar app.jar\n", {**MAVEN, "pom.xml": THIN}
    )
    assert "has all that it needs" in notes[0]


def test_of_the_project_the_final_stage_gets_what_is_no_source() -> None:
    files = {
        **MAVEN,
        "config/application.yml": "a: 1\n",
        "mvnw": "#!/bin/sh\ncurl\n",
        ".mvn/wrapper/maven-wrapper.properties": "x\n",
        "start.sh": "#!/bin/sh\nexec java -jar target/shop-1.0.jar\n",
        "README.md": "x\n",
    }
    assert sorted(carried(BUILD + 'CMD ["./start.sh"]\n', files)) == [
        "/app/config /app/config",
        "/app/start.sh /app/start.sh",
        f"{JAR} {JAR}",
    ]


def test_source_that_is_named_is_carried_with_the_project() -> None:
    files = {**MAVEN, "src/main/java/Shop.java": 'class Shop { String a = "src/main/a.txt"; }\n'}
    assert carried(BUILD + START, files) == ["/app /app"]


def test_gradle_and_its_user() -> None:
    source = (
        "FROM gradle:8-jdk17\nWORKDIR /home/gradle/src\nCOPY --chown=gradle:gradle . .\n"
        "RUN gradle build --no-daemon\nCMD java -jar build/libs/shop-1.0.jar\n"
    )
    jar = "/home/gradle/src/build/libs/shop-1.0.jar"
    assert carried(source, GRADLE) == [f"{jar} {jar}"]
    _, notes = divided(source.replace("RUN", "USER gradle\nRUN"), GRADLE)
    assert "the build runs as user gradle" in notes[0]


def test_where_an_image_starts_the_final_stage_starts() -> None:
    source = (
        "FROM gradle:8-jdk17\nCOPY . src\nRUN cd src && ./gradlew build\n"
        'CMD ["java", "-jar", "src/build/libs/shop-1.0.jar"]\n'
    )
    lines, notes = divided(source, GRADLE)
    assert lines[:3] == [
        "FROM eclipse-temurin:17-jre-noble",
        "WORKDIR /home/gradle",
        "COPY --from=build /home/gradle/src/build/libs/shop-1.0.jar"
        " /home/gradle/src/build/libs/shop-1.0.jar",
    ], notes


def test_wrappers_belong_to_the_build() -> None:
    source = (
        "FROM openjdk:11-jdk-slim\nCOPY . /app\nWORKDIR /app\nRUN chmod +x gradlew\n"
        "RUN sh ./gradlew bootJar\nRUN rm -rf src ~/.gradle\n"
        "CMD java -jar build/libs/shop-1.0.jar\n"
    )
    lines, notes = divided(source, GRADLE)
    jar = "/app/build/libs/shop-1.0.jar"
    assert lines == [
        "FROM openjdk:11-jre-slim",
        "WORKDIR /app",
        f"COPY --from=build {jar} {jar}",
        "CMD java -jar build/libs/shop-1.0.jar",
    ], notes


def test_a_manager_of_the_distribution_stays_with_the_build() -> None:
    source = (
        "FROM eclipse-temurin:17-jdk-alpine\nRUN apk add --no-cache curl maven\n"
        "WORKDIR /app\nCOPY . .\nRUN mvn package\n" + START
    )
    lines, notes = divided(source, MAVEN)
    assert lines[:2] == ["FROM eclipse-temurin:17-jre-alpine", "RUN apk add --no-cache curl"], notes


@pytest.mark.parametrize(
    ("source", "files", "reason"),
    [
        (BUILD + "CMD mvn exec:java\n", {}, "CMD in line 5 calls mvn"),
        (BUILD + 'ENTRYPOINT ["./mvnw", "spring-boot:run"]\n', {}, "calls mvnw"),
        (BUILD + "HEALTHCHECK CMD jcmd 1 VM.version\n" + START, {}, "calls jcmd"),
        (BUILD + 'CMD ["jshell"]\n', {}, "which file the build leaves"),
        (BUILD + "CMD java -jar $JAR\n", {}, "which archive $JAR is"),
        (BUILD + "CMD java -cp target/classes:/root/.m2/a.jar Shop\n", {}, "lies in .m2"),
        (BUILD.replace("RUN mvn", "COPY run.sh /\nRUN chmod +x /run.sh && mvn") + START,
         {"run.sh": "x"}, "what chmod in line 5 does to /run.sh is lost"),
        (BUILD + "RUN rm -rf target\n" + START, {}, "removes what the container starts"),
        (BUILD.replace("RUN", "RUN apt-get update && apt-get install -y graphviz\nRUN").replace(
            "3.9", "3.9.99") + START,
         {}, "it is unknown which release maven:3.9.99-eclipse-temurin-17 is on"),
        (BUILD + 'CMD ["sh", "start.sh"]\n',
         {"start.sh": "#!/bin/sh\njava -jar target/shop-1.0.jar &\njstack 1\n"},
         "start.sh calls jstack"),
        (BUILD + START, {"src/main/java/A.java": "import com.sun.tools.attach.VirtualMachine;\n"},
         "uses com.sun.tools, which a JRE has not"),
        (BUILD + START, {"src/main/java/A.java": 'Runtime.getRuntime().exec(name + " -v");\n'},
         "runs a program, and it is unknown which"),
        (BUILD.replace("3.9", "3.9.99") + START,
         {"src/main/java/A.java": 'new ProcessBuilder("git", "log").start();\n'}, "git is needed"),
        (BUILD + START, {"pom.xml": BOOT.format(
            "<dependency><artifactId>reactor-tools</artifactId></dependency>")},
         "reactor-tools in pom.xml may need a JDK"),
        ("FROM maven:3-eclipse-temurin-8\nWORKDIR /app\nCOPY . .\nRUN mvn package\n"
         "RUN cp ca.jks $JAVA_HOME/jre/lib/security/cacerts\n" + START, {},
         "a folder of the JDK is named"),
        (BUILD.replace("WORKDIR /app", "WORKDIR /root") + START,
         {f"{one}.txt": "x" for one in "abcdefgh"}, "lies in a home"),
    ],
)  # fmt: skip
def test_left_alone(source: str, files: dict[str, str], reason: str) -> None:
    lines, notes = divided(source, {**MAVEN, **files})
    assert not lines
    assert reason in notes[0]


def test_a_program_that_the_source_calls_is_installed() -> None:
    files = {**MAVEN, "src/main/java/A.java": 'new ProcessBuilder("git", "log").start();\n'}
    lines, notes = divided(BUILD + START, files)
    assert lines[2:3] == [
        "    && apt-get install -y --no-install-recommends git \\",
    ], notes


def test_what_works_on_the_archive_alone_is_done_in_the_final_stage() -> None:
    extract = "RUN java -Djarmode=tools -jar target/shop-1.0.jar extract"
    lines, notes = divided(f"{BUILD}{extract}\n{START}", MAVEN)
    assert lines[2:4] == [f"COPY --from=build {JAR} {JAR}", extract], notes


def test_a_library_for_tests_is_no_reason() -> None:
    files = {
        "pom.xml": BOOT.format(
            "<dependency><artifactId>byte-buddy-agent</artifactId><scope>test</scope></dependency>"
        )
    }
    assert carried(BUILD + START, {**MAVEN, **files}) == [f"{JAR} {JAR}"]


def test_a_start_command_without_words_is_no_failure() -> None:
    source = "FROM maven:3.9-eclipse-temurin-21\nWORKDIR /app\nCOPY . .\nRUN mvn package\nCMD []\n"
    settings = Settings(context=Files(MAVEN))
    assert not rewrite(source, select=["multi-stage"], settings=settings).changed
