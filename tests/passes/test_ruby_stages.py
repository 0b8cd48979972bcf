"""Stages of Ruby: where gems lie, what they need, and what is left alone."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from dockfix.stages.ruby_calls import calls
from helpers.memory_context import Files

LOCK = "GEM\n  specs:\n{gems}\nPLATFORMS\n  ruby\n"
COPIES = "WORKDIR /app\nCOPY Gemfile Gemfile.lock ./\n"
START = 'COPY . .\nCMD ["bundle", "exec", "puma"]\n'


def divided(
    body: str, *gems: str, base: str = "ruby:3.3-bookworm", files: dict[str, str] | None = None
) -> tuple[list[str], str]:
    """The lines of the final stage, none if there is none, and the note."""
    lock = LOCK.format(gems="".join(f"    {gem} (1.0)\n" for gem in gems or ("puma",)))
    context = Files({"Gemfile": "x", "Gemfile.lock": lock, "shop.rb": "", **(files or {})})
    result = rewrite(
        f"FROM {base}\n{body}", select=["multi-stage"], settings=Settings(context=context)
    )
    return (
        result.after.partition("\n\n")[2].splitlines(),
        " ".join(note.message for note in result.notes),
    )


@pytest.mark.parametrize(
    ("gems", "packages"),
    [
        (("puma", "nokogiri"), []),
        (("pg", "mysql2"), ["libmariadb3", "libpq5"]),
        (("mini_magick",), ["imagemagick"]),
        (("mimemagic",), ["shared-mime-info"]),
        (("charlock_holmes",), ["libicu72"]),
    ],
)
def test_what_gems_need_is_installed(gems: tuple[str, ...], packages: list[str]) -> None:
    final, note = divided(f"{COPIES}RUN bundle install\n{START}", *gems)
    assert final[:1] == ["FROM ruby:3.3-slim-bookworm"], note
    text = " ".join(final)
    assert [one for one in packages if one in text] == packages
    assert packages or "apt-get" not in text


@pytest.mark.parametrize(
    ("body", "carried", "others"),
    [
        ("RUN bundle install\n", ["/usr/local/bundle"], []),
        (
            "RUN bundle config set --local path vendor/bundle && bundle install\n",
            ["/usr/local/bundle", "/app/vendor/bundle"],
            [],
        ),
        (
            "RUN bundle config set deployment true && bundle install\n",
            ["/usr/local/bundle", "/app/vendor/bundle"],
            ["RUN bundle config set deployment true"],
        ),
        ("RUN bundle install --path /gems\n", ["/usr/local/bundle", "/gems"], []),
        (
            "ENV BUNDLE_PATH=/gems\nRUN bundle install && rm -rf $BUNDLE_PATH/ruby/*/cache\n",
            ["/usr/local/bundle", "/gems"],
            ["ENV BUNDLE_PATH=/gems"],
        ),
        (
            "RUN bundle config --global frozen 1\nRUN bundle install\n",
            ["/usr/local/bundle"],
            ["RUN bundle config --global frozen 1"],
        ),
    ],
)
def test_gems_and_settings_are_carried(body: str, carried: list[str], others: list[str]) -> None:
    final, note = divided(f"{COPIES}{body}{START}")
    copies = [line.split()[-1] for line in final if line.startswith("COPY --from=build")]
    assert copies == carried, note
    assert [line for line in final if line in others] == others


def test_a_lock_file_is_carried_that_an_install_may_have_changed() -> None:
    start = 'COPY shop.rb ./\nCMD ["ruby", "shop.rb"]\n'
    final, _ = divided(f"{COPIES}RUN bundle install\n{start}")
    assert "COPY --from=build /app/Gemfile.lock /app/Gemfile.lock" in final
    assert "COPY Gemfile Gemfile.lock ./" in final
    final, _ = divided(f"{COPIES}RUN bundle install --frozen\n{start}")
    assert final
    assert not [line for line in final if line.endswith("/app/Gemfile.lock")]


@pytest.mark.parametrize(
    ("body", "gems", "reason"),
    [
        ("RUN bundle install\n", ("hardly_known",), "hardly_known needs"),
        ("RUN bundle install\n", ("passenger",), "passenger compiles when it runs"),
        ("ENV GEM_HOME=/gems\nRUN bundle install\n", (), "gems may lie elsewhere: GEM_HOME"),
        ("RUN bundle install --binstubs\n", (), "gems may lie elsewhere"),
        ("RUN gem update --system && bundle install\n", (), "gems may lie elsewhere"),
        ("RUN bundle install && make -C ext\n", (), "what make in line 4 leaves"),
        ("RUN bundle install && cp -r x /srv\n", (), "what cp in line 4 does may be lost"),
        (
            "RUN --mount=type=cache,target=/usr/local/bundle bundle install\n",
            (),
            "gems are in a cache",
        ),
        ("RUN bundle binstubs puma\n", (), "it is unknown what bundle in line 4 leaves"),
    ],
)
def test_what_is_not_known_is_left_alone(body: str, gems: tuple[str, ...], reason: str) -> None:
    final, note = divided(f"{COPIES}{body}{START}", *gems)
    assert not final
    assert reason in note


def test_below_a_slim_image_nothing_has_to_be_known_of_gems() -> None:
    body = f"RUN apt-get update && apt-get install -y gcc\n{COPIES}RUN bundle install\n{START}"
    final, _ = divided(body, "hardly_known", base="ruby:3.3-slim-bookworm")
    assert "RUN apt-get update && apt-get install -y libgomp1" in final


def test_packages_of_node_are_part_of_what_is_built() -> None:
    body = (
        "RUN apt-get update && apt-get install -y nodejs yarnpkg\nWORKDIR /app\nCOPY . .\n"
        "RUN bundle install && yarnpkg install && bin/rails assets:precompile\n"
        'CMD ["bin/rails", "server"]\n'
    )
    final, note = divided(body)
    assert "COPY --from=build /app /app" in final, note
    assert "COPY . ." not in final


def test_tasks_that_are_added_to_are_not_known() -> None:
    body = 'WORKDIR /app\nCOPY . .\nRUN bundle install && rake assets:precompile\nCMD ["x"]\n'
    task = {"lib/tasks/more.rake": 'Rake::Task["assets:precompile"].enhance { FileUtils.cp 1, 2 }'}
    assert "more.rake adds to assets:precompile" in divided(body, files=task)[1]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("system 'git log'", {"git", "log"}),
        ('x = `convert "a" b`', {"convert"}),
        ("Open3.capture2e('curl', url)", {"curl"}),
        ("IO.popen(['make', 'x'])", {"make"}),
        ("connection.exec(statement)\nsystem = 1\n# system(x)\ndef system(x)\nend\n", set()),
        ("config.system :x\npool.exec { 1 }", set()),
    ],
)
def test_calls_of_programs(text: str, named: set[str]) -> None:
    assert named <= calls("shop.rb", text)
    assert named or not calls("shop.rb", text)


@pytest.mark.parametrize("text", ["system(command)", "exec *ARGV", "%x(#{x})", "Process.spawn x"])
def test_calls_that_are_not_told(text: str) -> None:
    body = f"{COPIES}RUN bundle install\n{START}"
    assert "it is unknown which" in divided(body, files={"shop.rb": text})[1]


@pytest.mark.parametrize(
    ("library", "told"),
    [("libjemalloc.so.2", True), ("/usr/lib/x/libjemalloc.so", False), ("$LIBRARY", False)],
)
def test_a_library_that_is_loaded_first_is_known_by_its_version(library: str, told: bool) -> None:
    """A name without a version is a link that the package with the headers has."""
    final, note = divided(f"ENV LD_PRELOAD={library}\n{COPIES}RUN bundle install\n{START}")
    assert bool(final) == told
    assert told or "LD_PRELOAD" in note


def test_what_rails_itself_writes_for_a_new_application_is_divided() -> None:
    body = (
        "RUN apt-get update && apt-get install -y build-essential curl libpq-dev\nWORKDIR /rails\n"
        "ENV BUNDLE_DEPLOYMENT=1 BUNDLE_PATH=/usr/local/bundle\nCOPY Gemfile Gemfile.lock ./\n"
        'RUN bundle install && rm -rf ~/.bundle/ "${BUNDLE_PATH}"/ruby/*/cache'
        " && bundle exec bootsnap precompile --gemfile\nCOPY . .\n"
        "RUN bundle exec bootsnap precompile app/ lib/\n"
        "RUN SECRET_KEY_BASE_DUMMY=1 ./bin/rails assets:precompile\n"
        'CMD ["./bin/rails", "server"]\n'
    )
    final, note = divided(body, base="ruby:3.3-slim-bookworm")
    assert "COPY --from=build /rails /rails" in final, note
    assert "COPY --from=build /usr/local/bundle /usr/local/bundle" in final


@pytest.mark.parametrize("command", ["ruby ext/extconf.rb", "ruby -e 1"])
def test_a_program_that_is_not_seen_may_compile(command: str) -> None:
    body = f'{COPIES}RUN bundle install\nCOPY . .\nRUN {command}\nCMD ["puma"]\n'
    assert "whether ruby in line 6 compiles" in divided(body)[1]
