""".NET: what is carried from the SDK's image onto the runtime's, and what leaves a stage alone."""

from __future__ import annotations

import pytest

from helpers.divided import final_stage

WEB = {
    "shop.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>\n',
    "Program.cs": "class Program {}\n",
}
PLAIN = {**WEB, "shop.csproj": '<Project Sdk="Microsoft.NET.Sdk"></Project>\n'}
PACKAGES = {
    **WEB,
    "shop.csproj": '<Project Sdk="Microsoft.NET.Sdk"><PackageReference Include="a" /></Project>\n',
}
BUILD = "FROM {}\nWORKDIR /app\nCOPY . .\nRUN dotnet publish -c Release -o out\n"
START = 'ENTRYPOINT ["dotnet", "out/shop.dll"]\n'
SDK = "mcr.microsoft.com/dotnet/sdk:"


@pytest.mark.parametrize(
    ("tag", "files", "image"),
    [
        ("8.0", WEB, "aspnet:8.0"),
        ("9.0-bookworm-slim", WEB, "aspnet:9.0-bookworm-slim"),
        ("10.0-noble", WEB, "aspnet:10.0-noble"),
        ("10.0", PACKAGES, "aspnet:10.0"),
        ("8.0", PLAIN, "runtime:8.0"),
        # the versions of the SDK are none of the runtime
        ("8.0.404", PLAIN, "runtime:8.0"),
        ("6.0.100-jammy", PLAIN, "runtime:6.0-jammy"),
    ],
)
def test_the_image_of_the_runtime(tag: str, files: dict[str, str], image: str) -> None:
    lines, notes = final_stage(BUILD.format(SDK + tag) + START, files)
    assert lines[:1] == [f"FROM mcr.microsoft.com/dotnet/{image}"], notes
    assert lines[1:] == [
        "ENV DOTNET_USE_POLLING_FILE_WATCHER=true",
        "WORKDIR /app",
        "COPY --from=build /app/out /app/out",
        START.strip(),
    ]


@pytest.mark.parametrize(
    ("rest", "carried"),
    [
        ('WORKDIR /app/out\nCMD ["dotnet", "shop.dll"]\n', ["/app/out"]),
        ("CMD dotnet out/shop.dll\n", ["/app/out"]),
        ('CMD ["./out/shop"]\n', ["/app/out"]),
        ("RUN dotnet publish -o /srv/tool tool\n" + START, ["/app/out", "/srv/tool"]),
        ("RUN dotnet publish -c Release\n"
         'CMD ["dotnet", "bin/Release/net8.0/publish/shop.dll"]\n',
         ["/app/bin/Release/net8.0/publish", "/app/out"]),
    ],
)  # fmt: skip
def test_what_is_published_is_carried(rest: str, carried: list[str]) -> None:
    lines, notes = final_stage(BUILD.format(SDK + "8.0") + rest, WEB)
    assert [line.split()[-1] for line in lines if line.startswith("COPY --from")] == carried, notes


def test_a_last_stage_on_the_sdk() -> None:
    source = (
        BUILD.format(SDK + "8.0 AS build")
        + f"\nFROM {SDK}8.0\nWORKDIR /srv\nCOPY --from=build /app/out .\n"
        + 'CMD ["dotnet", "shop.dll"]\n'
    )
    assert final_stage(source, WEB)[0] == [
        "FROM mcr.microsoft.com/dotnet/aspnet:8.0",
        "ENV DOTNET_USE_POLLING_FILE_WATCHER=true",
        "WORKDIR /srv",
        "COPY --from=build /app/out .",
        'CMD ["dotnet", "shop.dll"]',
    ]


@pytest.mark.parametrize(
    ("source", "files", "reason"),
    [
        (BUILD.format(SDK + "6.0") + START, WEB,
         f"it is unknown whether {SDK}6.0 listens on another port than "
         "mcr.microsoft.com/dotnet/aspnet:6.0"),
        (BUILD.format(SDK + "8.0-alpine") + START, WEB,
         f"it is unknown which image of the runtime belongs to {SDK}8.0-alpine"),
        (BUILD.format(SDK + "8.0") + 'CMD ["dotnet", "run"]\n', WEB,
         "CMD in line 5 calls dotnet run"),
        (BUILD.format(SDK + "8.0").replace("publish", "build") + START, WEB,
         "it is unknown which file the build leaves for the start"),
        (BUILD.format(SDK + "8.0").replace("-o out", "-p:PublishDir=x") + START, WEB,
         "it is unknown where line 4 publishes to"),
        (BUILD.format(SDK + "8.0") + "RUN dotnet tool install ef\n" + START, WEB,
         "it is unknown what dotnet tool in line 5 leaves"),
        (BUILD.format(SDK + "8.0").replace("WORKDIR", "RUN apt-get install -y libodbc-dev\nWORKDIR")
         + START, WEB, "a program may open a library by the name that only libodbc-dev has"),
        (BUILD.format(SDK + "8.0") + START,
         {**WEB, "Program.cs": 'class P { void A() { Process.Start("dotnet", "build"); } }\n'},
         "Program.cs calls dotnet"),
        (BUILD.format(SDK + "8.0") + START,
         {**WEB, "Program.cs": "class P { void A() { Process.Start(name); } }\n"},
         "Program.cs runs a program, and it is unknown which"),
        (BUILD.format(SDK + "8.0") + START,
         {**WEB, "Program.cs": "class P { void A() { MSBuildLocator.RegisterDefaults(); } }\n"},
         "Program.cs has MSBuildLocator, which may look for the SDK"),
    ],
)  # fmt: skip
def test_it_stays_with_a_reason(source: str, files: dict[str, str], reason: str) -> None:
    assert final_stage(source, files) == ([], [reason])


def test_a_program_that_the_sdk_has_is_installed() -> None:
    files = {**WEB, "Program.cs": 'class P { void A() { Process.Start("git", "log"); } }\n'}
    lines, notes = final_stage(BUILD.format(SDK + "8.0") + START, files)
    assert "    && apt-get install -y --no-install-recommends git \\" in lines, notes
