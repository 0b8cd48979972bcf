"""gem (RubyGems' own reference)."""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.old_images import before_gem_2
from dockfix.managers.parts import Cache, OnPath, Renamed
from dockfix.shell.patterns import lazy

#: Not a cache, but as little needed: documentation that gem generates for every gem. The official
#: images of ruby turn it off in /usr/local/etc/gemrc.
CACHE = Cache(
    name="gem",
    folders=("/usr/local/bundle/doc",),
    fills=words("install i update"),
    option="--no-document",
    why="the documentation of gems is of no use in an image",
    settled=words("--no-doc --no-ri --no-rdoc -N --document --ri --rdoc --system"),
    cleaned=("gemrc",),
    # what comes for the documentation
    kept=lazy(
        r"\bgem[ \t]+(?:server|rdoc)\b|\b(?:gemdir|gems/[\w.*]+)\b[)\"'}]*/doc\b|\bri[ \t]+[-A-Z]"
    ),
    has_option=words("ruby"),
    unknown=before_gem_2,
)

#: gem installs one after another: a version asked for late may add one to a version already there,
#: and what stands first may bring a dependency in a version that serves the next, too (RubyGems,
#: lib/rubygems/commands/install_command.rb, `install_gems`).
MANAGER = Manager(
    name="gem",
    language="ruby",
    outside_project=True,
    verbs=verbs(
        install="install i",
        remove="uninstall",
        other="""update cleanup list sources build push environment env specification which fetch
            pristine""",
    ),
    flags=words(
        "-N --no-document --no-ri --no-rdoc --ri --rdoc --no-doc --conservative -f --force",
        "--no-force",
        "-q --quiet --silent -V --verbose --no-verbose --user-install --no-user-install",
        "--pre --prerelease --no-prerelease -l --local -r --remote -b --both --no-wrappers",
        "-w --wrappers -E --env-shebang --no-env-shebang --minimal-deps --ignore-dependencies",
        "--format-executable --no-format-executable --no-http-proxy --backtrace --no-suggestions",
        "--no-post-install-message --post-install-message --no-update-sources --clear-sources",
        "--lock --no-lock --vendor --default --development --development-all --norc --debug",
    ),
    valued=words(
        "-v --version --source -s -i --install-dir -n --bindir -P --trust-policy --platform",
        "--build-root -B --bulk-threshold -p --http-proxy --config-file --without",
    ),
    plain=lazy(r"(?!.*\.gem$)[A-Za-z0-9][\w.-]*"),
    ordered=lazy(r"[A-Za-z0-9][\w.-]*:.+"),
    single=words("-v --version"),
    lenient=True,
    # RubyGems 2 defines the new option as both old ones together; RubyGems 3 has dropped these
    renamed=Renamed(
        {"--no-ri": "--no-document", "--no-rdoc": ""},
        together=True,
        bases=lazy(
            r"(?:(?:docker\.io/)?library/)?ruby"
            r"(?::(?:[2-9](?:\.[\d.]+)?|latest|alpine|slim)(?:-[\w.-]+)?)?"
        ),
    ),
    cache=CACHE,
    on_path=OnPath(named=True),
    versions=(".ruby-version",),
)
