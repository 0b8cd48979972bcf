"""conda, mamba and micromamba (conda's own reference)."""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.old_images import before_conda_clean
from dockfix.managers.parts import Cache, OnPath
from dockfix.shell.patterns import lazy

#: `clean -f` is in the documentation since conda 4.6.
CACHE = Cache(
    name="conda",
    folders=("/opt/conda/pkgs", "~/.conda/pkgs", "~/miniconda3/pkgs"),
    fills=words("install create update upgrade env"),
    cleans=words("clean"),
    wipes=words("clean"),
    cleanup=("{} clean -afy",),
    settled=words("--offline --download-only --use-index-cache"),
    cleaned=("/pkgs", "build/", "CONDA_PKGS_DIRS"),
    names=("CONDA_PKGS_DIRS",),
    offline=words("--offline -C --use-index-cache"),
    # links instead of files lead into the cache (conda's documentation, "Settings"); conda-pack
    # takes for foreign what it does not find there (0.9, core.py, `load_environment`)
    kept=lazy(
        r"(?:CONDA|MAMBA)_(?:OFFLINE|ALWAYS_SOFTLINK|ALLOW_SOFTLINKS)"
        r"|\bconda[ _-]pack\b|pkgs_dirs[: \t]"
        r"|(?:always_softlink|allow_softlinks|offline)[: \t]+[Tt]rue"
    ),
    settings=(".condarc", "condarc", ".mambarc"),
    shipped=True,
    unknown=before_conda_clean,
)

MANAGER = Manager(
    name="conda",
    outside_project=True,
    verbs=verbs(
        install="install create env",
        upgrade="update upgrade",
        remove="remove uninstall",
        clean="clean",
        reads="info list search",
        other="run init config activate build shell",
    ),
    cache=CACHE,
    on_path=OnPath(environments=words("create env")),
)
