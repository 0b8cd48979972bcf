"""Files far larger than any that people write, one kind of instruction each."""

from __future__ import annotations

from collections.abc import Callable


def merged_runs(count: int) -> str:
    """RUNs that may all be merged, and fixed in other ways."""
    return "FROM debian:12\n" + "".join(f"RUN touch /srv/file-{n}\n" for n in range(count))


def apart_runs(count: int) -> str:
    """RUNs that cannot be merged, because something stands between them."""
    return "FROM debian:12\n" + "".join(
        f"RUN make target-{n} && rm -rf /tmp/{n}\n" if n % 2 else f"WORKDIR /srv/{n}\n"
        for n in range(count)
    )


def installs(count: int) -> str:
    """RUNs that install packages and leave apt's lists behind, with a COPY between them."""
    return "FROM debian:12\n" + "".join(
        f"RUN apt-get update && apt-get install -y zip{n} curl git{n}\n"
        if n % 2
        else f"COPY a{n} /srv/a{n}\n"
        for n in range(count)
    )


def stages(count: int) -> str:
    """Stages of five instructions, built on the one before, copying from another."""
    return "".join(
        f"FROM {f'stage{n // 5 - 1}' if n else 'debian:12'} AS stage{n // 5}\n"
        f"RUN apt-get update && apt-get install -y git\n"
        f"COPY --from=stage{n // 10} /a /b{n}\n"
        f"ENV NAME_{n}=1\n"
        f"CMD python app.py {n}\n"
        for n in range(0, count, 5)
    )


def sources(count: int) -> str:
    """COPYs of source above installs that do not read it, three instructions each."""
    return "FROM python:3.12\n" + "".join(
        f"COPY src{n} /srv/src{n}\nRUN pip install flask=={n}\nRUN apt-get install -y git{n}\n"
        for n in range(0, count, 3)
    )


def sources_together(count: int) -> str:
    """COPYs of source, every one above every install."""
    return "FROM python:3.12\n" + "".join(
        f"COPY src{n} /srv/src{n}\n" if n < count // 2 else f"RUN pip install flask=={n}\n"
        for n in range(count)
    )


def lists(count: int) -> str:
    """COPYs of lists of requirements, each right above its install."""
    return "FROM python:3.12\n" + "".join(
        f"COPY list{n}.txt ./\nRUN pip install -r list{n}.txt\n" for n in range(0, count, 2)
    )


def onbuilds(count: int) -> str:
    """ONBUILD RUNs."""
    return "FROM debian:12\n" + "".join(f"ONBUILD RUN touch /srv/{n}\n" for n in range(count))


def heredocs(count: int) -> str:
    """RUNs with here-documents, and COPYs of them."""
    return "FROM debian:12\n" + "".join(
        f"{'RUN' if n % 2 else 'COPY'} <<EOF{'' if n % 2 else f' /srv/{n}'}\necho {n}\nEOF\n"
        for n in range(count)
    )


def chain(count: int) -> str:
    """One RUN with a chain of commands, half of them installs."""
    commands = (
        f"apt-get install -y zip{n} a{n} git{n}" if n % 2 else f"touch /srv/{n}"
        for n in range(count)
    )
    return "FROM debian:12\nRUN apt-get update \\\n    && " + " \\\n    && ".join(commands) + "\n"


def archives(count: int) -> str:
    """One RUN that fetches archives and takes each apart."""
    commands = (
        f"tar xzf a{n}.tgz" if n % 2 else f"curl -o a{n + 1}.tgz http://example.org/a{n + 1}.tgz"
        for n in range(count)
    )
    return "FROM debian:12\nRUN " + " \\\n    && ".join(commands) + "\n"


def twice_installed(count: int) -> str:
    """One RUN with a chain of installs that may all be one."""
    commands = (f"apt-get install -y zip{n} git{n}" for n in range(count))
    return "FROM debian:12\nRUN apt-get update \\\n    && " + " \\\n    && ".join(commands) + "\n"


def package_list(count: int) -> str:
    """One RUN with a list of packages, one per line, comments among them."""
    lines = "".join(
        f"        # for b{n}\n" if n % 5 == 0 else f"        b{(n * 7919) % count} \\\n"
        for n in range(count)
    )
    return f"FROM debian:12\nRUN apt-get install -y \\\n{lines}        zip\n"


def nested(count: int) -> str:
    """RUNs with loops, conditions, groups and quotes."""
    return "FROM debian:12\n" + "".join(
        f'RUN for f in a b; do if [ -f "$f" ]; then ( cd /{n} && x="$(cat "$f")" ); fi; done\n'
        for n in range(count)
    )


def copies(count: int) -> str:
    """COPYs with flags."""
    return "FROM debian:12\n" + "".join(
        f"COPY --chown=app:app src/file-{n}.py lib/file-{n}.py /srv/app/\n" for n in range(count)
    )


def variables(count: int) -> str:
    """ENVs, some of which use the one before."""
    return "FROM debian:12\n" + "".join(
        f'ENV NAME_{n}="value ${{NAME_{n - 1}}}" OTHER_{n}=$PATH:/opt/{n}\n' for n in range(count)
    )


def commands(count: int) -> str:
    """CMDs in shell form, of which the last one holds."""
    return "FROM debian:12\n" + "".join(f"CMD python app.py --port {n}\n" for n in range(count))


def comments(count: int) -> str:
    """Comments and empty lines, and every tenth line an instruction."""
    return "FROM debian:12\n" + "".join(
        f"EXPOSE {n % 60000 + 1}\n" if n % 10 == 0 else "\n" if n % 7 == 0 else f"# comment {n}\n"
        for n in range(count)
    )


def ignored(count: int) -> str:
    """RUNs each of which an ignore comment names."""
    return "FROM debian:12\n" + "".join(
        f"# dockfix: ignore=merge-runs\nRUN touch /srv/{n}\n" for n in range(count)
    )


def downloads(count: int) -> str:
    """ADDs of archives, as many as are counted, each taken apart by the RUN below it."""
    return "FROM debian:12\n" + "".join(
        f"ADD https://example.org/a{n}.tgz /tmp/\nRUN tar xzf /tmp/a{n}.tgz -C /opt\n"
        for n in range(count)
    )


def directories(count: int) -> str:
    """Directories that a RUN makes, that a WORKDIR goes to, and that a RUN goes to."""
    return "FROM debian:12\n" + "".join(
        f"RUN mkdir -p /srv/{n}\nWORKDIR /srv/{n}\nRUN cd /opt/{n} && make\n"
        for n in range(0, count, 3)
    )


KINDS: tuple[Callable[[int], str], ...] = (
    merged_runs,
    apart_runs,
    installs,
    stages,
    sources,
    sources_together,
    lists,
    onbuilds,
    heredocs,
    chain,
    archives,
    twice_installed,
    package_list,
    nested,
    copies,
    variables,
    commands,
    comments,
    ignored,
)


def gone_to(count: int) -> str:
    """Directories that a RUN goes to, and nothing notices: no WORKDIR in the whole file."""
    return "FROM debian:12\n" + "".join(
        f"COPY x /opt/{n}/\nRUN cd /opt/{n} && touch /opt/y\n" for n in range(0, count, 2)
    )


def maintainers(count: int) -> str:
    """MAINTAINERs, and pairs of the old form with a space."""
    return "FROM debian:12\n" + "".join(
        f"ENV A{n} b c\nLABEL x{n} y\nMAINTAINER me{n}\n" for n in range(0, count, 3)
    )


#: Kinds that only a test looks at.
FURTHER = (downloads, directories, gone_to, maintainers)

#: Kinds of which 100,000 take a second or two.
QUICK = (comments, variables)


def logical_line(size: int, continuations: int) -> str:
    """One RUN of so many characters over so many continued lines."""
    words = size // continuations // 9
    lines = [" ".join(f"p{n:03}-{w:03}" for w in range(words)) for n in range(continuations)]
    return "FROM debian:12\nRUN apt-get install -y " + " \\\n    ".join(lines) + "\n"


def padded(text: str, size: int) -> str:
    """The text with its lines made longer until it has that size, in characters."""
    lines = text.splitlines(keepends=True)
    missing = max(size - len(text), 0) // sum(line.startswith("RUN") for line in lines)
    return "".join(
        line if not line.startswith("RUN") else f"{line[:-1]} {'x' * missing}\n" for line in lines
    )
