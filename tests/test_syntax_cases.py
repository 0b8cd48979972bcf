"""Files that are easily misread, and files that BuildKit refuses, each with what must come out."""
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest

from dockfix.errors import DockerfileSyntaxError
from dockfix.syntax.parser import parse
from dockfix.syntax.tree import Instruction

FROM: list[Any] = ["FROM", ("a",)]

#: A text, and its instructions: keyword, flags, then words (tuple), strings (list) or shell text,
#: then here-documents. In the order of BuildKit's own reading: lines, directives, continuations,
#: keywords, flags, exec forms, words, triggers, here-documents, stages.
ACCEPTED: list[tuple[str, list[Any]]] = [
    ("\ufeffFROM a", [FROM]),
    ("FROM a\r\nRUN b\r\n", [FROM, ["RUN", "b"]]),
    ("FROM a\rAS\rb\n", [["FROM", ("a", "AS", "b")]]),
    ("FROM a\nRUN b\x1cc\n", [FROM, ["RUN", "b\x1cc"]]),
    ("# escape=`\nFROM a\nRUN b `\n c\n", [FROM, ["RUN", "b  c"]]),
    ("  #\tESCAPE = ` \t\nFROM a\nRUN b `\nc\n", [FROM, ["RUN", "b c"]]),
    ("# x\n# escape=`\nFROM a\nRUN b \\\nc\n", [FROM, ["RUN", "b c"]]),
    ("\n# escape=`\nFROM a\nRUN b \\\nc\n", [FROM, ["RUN", "b c"]]),
    (
        "# syntax=docker/dockerfile:1\n# check=skip=all\n# escape=`\nFROM a\nRUN b`\nc\n",
        [FROM, ["RUN", "bc"]],
    ),
    ("# foo=bar\n# escape=`\nFROM a\nRUN b\\\nc\n", [FROM, ["RUN", "bc"]]),
    ("# escape=\nFROM a\nRUN b\\\nc\n", [FROM, ["RUN", "bc"]]),
    ("#!/x\n# escape=`\nFROM a\nRUN b\\\nc\n", [FROM, ["RUN", "bc"]]),
    ("FROM a\n# escape=x\n# escape=x\n", [FROM]),
    ("# syntax= \nFROM a\n", [FROM]),
    ("FROM a\nRUN a\\\nb\n", [FROM, ["RUN", "ab"]]),
    ("FROM a\nRUN a \\ \t\nb\n", [FROM, ["RUN", "a b"]]),
    ("FROM a\nRUN a\\\\\nRUN b\n", [FROM, ["RUN", "a\\\\"], ["RUN", "b"]]),
    ("FROM a\nRUN a\\\\\\\nRUN b\n", [FROM, ["RUN", "a\\\\\\"], ["RUN", "b"]]),
    ("FROM a\nRUN a\\\x0b\nRUN b\n", [FROM, ["RUN", "a\\"], ["RUN", "b"]]),
    ("FROM a\nRUN a\\\xa0\nRUN b\n", [FROM, ["RUN", "a\\"], ["RUN", "b"]]),
    ("FROM a\nRUN a \\\n# c\n  # d\n b\n", [FROM, ["RUN", "a  b"]]),
    ("FROM a\nRUN a \\\n\n  \n b\n", [FROM, ["RUN", "a  b"]]),
    ("FROM a\nRUN a \\\n  # c \\\n b\n", [FROM, ["RUN", "a  b"]]),
    ("FROM a\nRUN a \\", [FROM, ["RUN", "a"]]),
    ("FROM a\nRUN a \\\n", [FROM, ["RUN", "a"]]),
    ("FROM a\nRUN a \\\n\n", [FROM, ["RUN", "a"]]),
    ("FROM a\n\\\nRUN a\n", [FROM, ["RUN", "a"]]),
    ("FROM a\n\\\n\n  # c\n  RUN a\n", [FROM, ["RUN", "a"]]),
    ("FROM a\nRU\\\nN a\n", [FROM, ["RUN", "a"]]),
    ("FROM a\nRUN\\\n a\n", [FROM, ["RUN", "a"]]),
    ("FROM a\n# c \\\nRUN a\n", [FROM, ["RUN", "a"]]),
    ("FROM a\n  \\\n  RUN \\\n\\\n  a\\\n", [FROM, ["RUN", "a"]]),
    ("FROM a\nRUN a\\\r\n b\r\n", [FROM, ["RUN", "a b"]]),
    ("FROM a\nrun a\n", [FROM, ["RUN", "a"]]),
    ("FROM a\nruN\ta\n", [FROM, ["RUN", "a"]]),
    ("FROM a\nRUN\x0b\x0ca\n", [FROM, ["RUN", "a"]]),
    ("FROM a\nRUN a # b\n", [FROM, ["RUN", "a # b"]]),
    ("FROM a\nWORKDİR /x\n", [FROM, ["WORKDIR", ("/x",)]]),
    ("FROM a\nRUN\n", [FROM, ["RUN", ""]]),
    ("FROM a\nCMD\n", [FROM, ["CMD", ""]]),
    ("FROM a\nENTRYPOINT   \n", [FROM, ["ENTRYPOINT", ""]]),
    (
        "FROM a\nRUN --mount=type=cache,target=/x --network=none a --b\n",
        [FROM, ["RUN", "--mount=type=cache,target=/x", "--network=none", "a --b"]],
    ),
    (
        "FROM a\nCOPY --from=b --chown='a b' c d\n",
        [FROM, ["COPY", "--from=b", "--chown=a b", ("c", "d")]],
    ),
    ('FROM a\nCOPY --a\\ b --"c\'d" e f\n', [FROM, ["COPY", "--a b", "--c'd", ("e", "f")]]),
    ("FROM a\nRUN -- --a b\n", [FROM, ["RUN", "--a b"]]),
    ("FROM a\nRUN --a -- b\n", [FROM, ["RUN", "--a", "b"]]),
    ("FROM a\nRUN --a\n", [FROM, ["RUN", "--a", ""]]),
    ("FROM a\nRUN -a --b\n", [FROM, ["RUN", "-a --b"]]),
    ("FROM a\nENV --a b=c\n", [FROM, ["ENV", "--a", ("b=c",)]]),
    ("FROM a\nRUN --a=é b\n", [FROM, ["RUN", "--a=Ã©", "b"]]),
    ("FROM a\nRUN --a='à' b\n", [FROM, ["RUN", "--a=Ã\xa0", "b"]]),
    ("FROM a\nRUN --'' b\n", [FROM, ["RUN", "b"]]),
    ('FROM a\nRUN --a="b c\n', [FROM, ["RUN", "--a=b c", ""]]),
    (
        "FROM a\nHEALTHCHECK --interval=5m --timeout=3s CMD a\n",
        [FROM, ["HEALTHCHECK", "--interval=5m", "--timeout=3s", ("CMD", "a")]],
    ),
    ("FROM a\nONBUILD --a RUN --b c\n", [FROM, ["ONBUILD", "--a", ["RUN", "--b", "c"]]]),
    ("FROM a\nRUN --a \\\n  --b \\\n  c\n", [FROM, ["RUN", "--a", "--b", "c"]]),
    ("# escape=`\nFROM a\nCOPY --a=b` c d e\n", [FROM, ["COPY", "--a=b c", ("d", "e")]]),
    ('FROM a\nCMD ["a", "b"]\n', [FROM, ["CMD", ["a", "b"]]]),
    ("FROM a\nCMD [ ]\n", [FROM, ["CMD", []]]),
    ("FROM a\nCMD ['a']\n", [FROM, ["CMD", "['a']"]]),
    ('FROM a\nCMD ["a",]\n', [FROM, ["CMD", '["a",]']]),
    ('FROM a\nCMD ["a"] b\n', [FROM, ["CMD", '["a"] b']]),
    ('FROM a\nCMD ["a"\n', [FROM, ["CMD", '["a"']]),
    ("FROM a\nCMD [NaN]\n", [FROM, ["CMD", "[NaN]"]]),
    ("FROM a\nCMD [1e999]\n", [FROM, ["CMD", "[1e999]"]]),
    ("FROM a\nCMD [-]\n", [FROM, ["CMD", "[-]"]]),
    ("FROM a\nCMD [01]\n", [FROM, ["CMD", "[01]"]]),
    ('FROM a\nCMD ["\\u00e9\\ud83d\\ude00\\ud800\\/\\n"]\n', [FROM, ["CMD", ["é😀�/\n"]]]),
    ('FROM a\nCMD ["\\x"]\n', [FROM, ["CMD", '["\\x"]']]),
    ('FROM a\nCMD ["a\tb"]\n', [FROM, ["CMD", '["a\tb"]']]),
    ("FROM a\nRUN [ -f a ]\n", [FROM, ["RUN", "[ -f a ]"]]),
    ('FROM a\nRUN [ -n "$A" ]\n', [FROM, ["RUN", '[ -n "$A" ]']]),
    ('FROM a\nCMD \xa0["a"]\n', [FROM, ["CMD", ["a"]]]),
    ('FROM a\nCMD ["a", \\\n  # c\n  "b"]\n', [FROM, ["CMD", ["a", "b"]]]),
    ('FROM a\nSHELL ["a", "-c"]\n', [FROM, ["SHELL", ["a", "-c"]]]),
    ("FROM a\nCOPY a  b\tc\n", [FROM, ["COPY", ("a", "b", "c")]]),
    ('FROM a\nCOPY "a b" c\n', [FROM, ["COPY", ('"a', 'b"', "c")]]),
    ('FROM a\nCOPY ["a b", "c"]\n', [FROM, ["COPY", ["a b", "c"]]]),
    ("FROM a\nCOPY a\xa0b c\n", [FROM, ["COPY", ("a\xa0b", "c")]]),
    ("FROM a\nVOLUME a b\n", [FROM, ["VOLUME", ("a", "b")]]),
    ('FROM a\nVOLUME ["a"]\n', [FROM, ["VOLUME", ["a"]]]),
    ("FROM a\nEXPOSE 80 443/tcp\n", [FROM, ["EXPOSE", ("80", "443/tcp")]]),
    ('FROM a\nEXPOSE ["80"]\n', [FROM, ["EXPOSE", ('["80"]',)]]),
    ("FROM a\nUSER a b\n", [FROM, ["USER", ("a b",)]]),
    ("FROM a\nWORKDIR /a b\n", [FROM, ["WORKDIR", ("/a b",)]]),
    ("FROM a\nSTOPSIGNAL 9\n", [FROM, ["STOPSIGNAL", ("9",)]]),
    ("FROM a\nMAINTAINER a <b@c>\n", [FROM, ["MAINTAINER", ("a <b@c>",)]]),
    ("FROM a\nHEALTHCHECK NONE\n", [FROM, ["HEALTHCHECK", ("NONE",)]]),
    ("FROM a\nHEALTHCHECK none\n", [FROM, ["HEALTHCHECK", ("none",)]]),
    ("FROM a\nHEALTHCHECK CMD a b\n", [FROM, ["HEALTHCHECK", ("CMD", "a b")]]),
    ('FROM a\nHEALTHCHECK CMD  ["a"]\n', [FROM, ["HEALTHCHECK", "CMD", ["a"]]]),
    ("FROM a\nENV a=b c=d\n", [FROM, ["ENV", ("a=b", "c=d")]]),
    ("FROM a\nENV a b  c=d\n", [FROM, ["ENV", ("a", "b  c=d")]]),
    ("FROM a\nENV a= b=\n", [FROM, ["ENV", ("a=", "b=")]]),
    ("FROM a\nENV a=\"b c\" d='e f' g=h\\ i\n", [FROM, ["ENV", ('a="b c"', "d='e f'", "g=h\\ i")]]),
    ("FROM a\nENV a='b\\' c=d\n", [FROM, ["ENV", ("a='b\\'", "c=d")]]),
    ('FROM a\nENV a="b\\" c" d=e\n', [FROM, ["ENV", ('a="b\\" c"', "d=e")]]),
    ('FROM a\nENV a="b\n', [FROM, ["ENV", ('a="b',)]]),
    ("FROM a\nENV a=b\\\\\n", [FROM, ["ENV", ("a=b\\\\",)]]),
    ('FROM a\nENV a="b\\\\\n', [FROM, ["ENV", ('a="b\\\\',)]]),
    ('FROM a\nENV "a b"=c\n', [FROM, ["ENV", ('"a b"=c',)]]),
    ('FROM a\nENV "a b" c\n', [FROM, ["ENV", ('"a', 'b" c')]]),
    ("FROM a\nENV a\xa0b c\n", [FROM, ["ENV", ("a\xa0b", "c")]]),
    ("FROM a\nENV a=b\xa0c=d\n", [FROM, ["ENV", ("a=b", "c=d")]]),
    ("FROM a\nENV a==b\n", [FROM, ["ENV", ("a==b",)]]),
    ("FROM a\nLABEL a=b \\\n # c\n  d=e\n", [FROM, ["LABEL", ("a=b", "d=e")]]),
    ("FROM a\nLABEL a b\n", [FROM, ["LABEL", ("a", "b")]]),
    ("ARG a=b c d=\nFROM a\n", [["ARG", ("a=b", "c", "d=")], FROM]),
    ('ARG a="b c" d\nFROM a\n', [["ARG", ('a="b c"', "d")], FROM]),
    ("FROM a\nONBUILD RUN a\n", [FROM, ["ONBUILD", ["RUN", "a"]]]),
    ('FROM a\nONBUILD RUN ["a"]\n', [FROM, ["ONBUILD", ["RUN", ["a"]]]]),
    (
        "FROM a\nONBUILD COPY <<E /x\nb\nE\n",
        [FROM, ["ONBUILD", ["COPY", ("<<E", "/x"), {"E": "b\n"}]]],
    ),
    ("FROM a\nonbuild \\\n run a\n", [FROM, ["ONBUILD", ["RUN", "a"]]]),
    ("FROM a\nRUN <<E\nb\nE\n", [FROM, ["RUN", "<<E", {"E": "b\n"}]]),
    ("FROM a\nRUN <<E\nb\nE", [FROM, ["RUN", "<<E", {"E": "b\n"}]]),
    ("FROM a\nRUN <<E\nE\n", [FROM, ["RUN", "<<E", {"E": ""}]]),
    (
        "FROM a\nCOPY <<E <<F /x\n1\nE\n2\nF\n",
        [FROM, ["COPY", ("<<E", "<<F", "/x"), {"E": "1\n", "F": "2\n"}]],
    ),
    ("FROM a\nRUN <<-E\n\tb\n\t\tE\n", [FROM, ["RUN", "<<-E", {"E": "b\n"}]]),
    ("FROM a\nRUN <<E\n\tE\nE \nE\r\n", [FROM, ["RUN", "<<E", {"E": "\tE\nE \n"}]]),
    ("FROM a\nRUN <<E\r\nb\r\nE\r\n", [FROM, ["RUN", "<<E", {"E": "b\r\n"}]]),
    ("FROM a\nRUN <<'E' a\n$b\nE\n", [FROM, ["RUN", "<<'E' a", {"E": "$b\n"}]]),
    ('FROM a\nRUN <<"E"F\nb\nEF\n', [FROM, ["RUN", '<<"E"F', {"EF": "b\n"}]]),
    ("FROM a\nRUN <<\\E\nb\nE\n", [FROM, ["RUN", "<<\\E", {"E": "b\n"}]]),
    ("FROM a\nRUN 3<<E\nb\nE\n", [FROM, ["RUN", "3<<E", {"E": "b\n"}]]),
    ("FROM a\nRUN a<<E\n", [FROM, ["RUN", "a<<E"]]),
    ("FROM a\nRUN a <<<b\n", [FROM, ["RUN", "a <<<b"]]),
    ('FROM a\nRUN "<<E"\n', [FROM, ["RUN", '"<<E"']]),
    ("FROM a\nRUN a <<\n", [FROM, ["RUN", "a <<"]]),
    ("FROM a\nRUN << E\nb\nE\n", [FROM, ["RUN", "<< E", {"E": "b\n"}]]),
    ("FROM a\nRUN a $((1<<2))\n", [FROM, ["RUN", "a $((1<<2))"]]),
    ("FROM a\nRUN <<E;\nb\nE;\n", [FROM, ["RUN", "<<E;", {"E;": "b\n"}]]),
    ("FROM a\nRUN (a <<E)\nb\nE)\n", [FROM, ["RUN", "(a <<E)", {"E)": "b\n"}]]),
    ("FROM a\nRUN <<E>/x\nb\nE>/x\n", [FROM, ["RUN", "<<E>/x", {"E>/x": "b\n"}]]),
    ("FROM a\nRUN <<$X\nb\n$X\n", [FROM, ["RUN", "<<$X", {"$X": "b\n"}]]),
    ("FROM a\nRUN it's <<E\nRUN b\n", [FROM, ["RUN", "it's <<E"], ["RUN", "b"]]),
    ("FROM a\nRUN ${a@Q} <<E\nRUN b\n", [FROM, ["RUN", "${a@Q} <<E"], ["RUN", "b"]]),
    ("FROM a\nRUN ${a[0]} <<E\nRUN b\n", [FROM, ["RUN", "${a[0]} <<E"], ["RUN", "b"]]),
    ("FROM a\nRUN ${#a} <<E\nRUN b\n", [FROM, ["RUN", "${#a} <<E"], ["RUN", "b"]]),
    ("FROM a\nRUN ${a:-b}<<E\nRUN b\n", [FROM, ["RUN", "${a:-b}<<E"], ["RUN", "b"]]),
    ("FROM a\nRUN <<${a:-b}\nRUN c\n", [FROM, ["RUN", "<<${a:-b}"], ["RUN", "c"]]),
    ('FROM a\nRUN ["a", "<<E"]\n', [FROM, ["RUN", ["a", "<<E"]]]),
    ("FROM a\nCMD <<E\nRUN b\n", [FROM, ["CMD", "<<E"], ["RUN", "b"]]),
    ("FROM a\nRUN <<E\n# c\n\\\n\nE\n", [FROM, ["RUN", "<<E", {"E": "# c\n\\\n\n"}]]),
    ("FROM a\nRUN a \\\n <<E\nb\nE\n", [FROM, ["RUN", "a  <<E", {"E": "b\n"}]]),
    ("FROM a\nRUN <<E # c\nb\nE\n", [FROM, ["RUN", "<<E # c", {"E": "b\n"}]]),
    ("FROM a\nRUN <<E <<E\n1\nE\n2\nE\n", [FROM, ["RUN", "<<E <<E", {"E": "2\n"}]]),
    ("FROM a\nRUN --a=<<E b\nRUN c\n", [FROM, ["RUN", "--a=<<E", "b"], ["RUN", "c"]]),
    ("FROM a\nRUN <<''\nRUN b\n", [FROM, ["RUN", "<<''"], ["RUN", "b"]]),
    ("FROM a\nRUN <<\ufeffE\nb\nE\n", [FROM, ["RUN", "<<\ufeffE", {"E": "b\n"}]]),
    ("# escape=`\nFROM a\nRUN <<E`\nF\nb\nEF\n", [FROM, ["RUN", "<<EF", {"EF": "b\n"}]]),
    ("FROM a\nRUN <<a'b c'\n1\nab c\n", [FROM, ["RUN", "<<a'b c'", {"ab c": "1\n"}]]),
    ("FROM a AS b\nFROM b\n", [["FROM", ("a", "AS", "b")], ["FROM", ("b",)]]),
    (
        "FROM a AS B\nFROM B\nFROM b\n",
        [["FROM", ("a", "AS", "B")], ["FROM", ("B",)], ["FROM", ("b",)]],
    ),
    ("FROM a aſ b\n", [["FROM", ("a", "aſ", "b")]]),
    ("FROM --platform=x a AS b-c_d.e\n", [["FROM", "--platform=x", ("a", "AS", "b-c_d.e")]]),
    ('FROM "b"\n', [["FROM", ('"b"',)]]),
    ("FROM $A\n", [["FROM", ("$A",)]]),
    (
        "FROM a AS x\nFROM b AS x\nFROM x\n",
        [["FROM", ("a", "AS", "x")], ["FROM", ("b", "AS", "x")], ["FROM", ("x",)]],
    ),
    ("FROM a\nFROM 0\n", [FROM, ["FROM", ("0",)]]),
    ("RUN a\n", [["RUN", "a"]]),
    ("ARG a\n", [["ARG", ("a",)]]),
]

#: A text, the line and column that the refusal names, and its reason.
REFUSED: list[tuple[str, str, str]] = [
    ("FROM a\n\ufeffRUN b\n", "2:1", "unknown instruction '\ufeffRUN': did you mean RUN?"),
    ("FROM a\n\x1cRUN b\n", "2:1", "unknown instruction '\x1cRUN': did you mean RUN?"),
    ("# escape=x\nFROM a\n", "1:1", "the escape character is 'x' here, but it can only be \\ or `"),
    ("# escape= \nFROM a\n", "1:1", "the escape character is ' ' here, but it can only be \\ or `"),
    (
        "# escape=`\n# ESCAPE=\\\nFROM a\n",
        "2:1",
        "a second escape directive: only one may be given, remove the other",
    ),
    ("FROM a\nRUN\\\na\n", "2:1", "unknown instruction 'RUNa': did you mean RUN?"),
    ("FROM a\nRUN\xa0a\n", "2:1", "unknown instruction 'RUN\xa0a': put a space after RUN"),
    ("FROM a\n\xa0RUN\u3000 a\n", "2:2", "unknown instruction 'RUN\u3000': put a space after RUN"),
    (
        "FROM a # b\n",
        "1:8",
        "FROM needs an image, or an image, AS and a name; a comment needs its own line",
    ),
    (
        "FROM a\nRUN --a=à b\n",
        "2:9",
        "the builder reads flags byte by byte and takes a byte of 'à' for a space: write the flag in ASCII",
    ),
    (
        "FROM a\nCOPY --a=b\\",
        "2:1",
        "COPY needs at least two arguments: what to copy, and where to",
    ),
    (
        "FROM a\nCMD [1]\n",
        "2:5",
        "a JSON array after CMD may only have strings in it: quote its elements with double quotes",
    ),
    (
        'FROM a\nCMD ["a", null]\n',
        "2:5",
        "a JSON array after CMD may only have strings in it: quote its elements with double quotes",
    ),
    (
        'FROM a\nCMD [["a"]]\n',
        "2:5",
        "a JSON array after CMD may only have strings in it: quote its elements with double quotes",
    ),
    (
        'FROM a\nCMD [{"a": 1}]\n',
        "2:5",
        "a JSON array after CMD may only have strings in it: quote its elements with double quotes",
    ),
    ("FROM a\nSHELL a -c\n", "2:7", 'SHELL needs a JSON array such as ["/bin/bash", "-c"]'),
    (
        "FROM a\nSHELL []\n",
        "2:1",
        "SHELL needs at least one argument: give the shell as a JSON array",
    ),
    ("FROM a\nSHELL\n", "2:1", "SHELL needs at least one argument: give the shell as a JSON array"),
    (
        'FROM a\nCOPY ["a"]\n',
        "2:1",
        "COPY needs at least two arguments: what to copy, and where to",
    ),
    ("FROM a\nCOPY a\n", "2:1", "COPY needs at least two arguments: what to copy, and where to"),
    ("FROM a\nADD\n", "2:1", "ADD needs at least two arguments: what to copy, and where to"),
    ("FROM a\nVOLUME []\n", "2:1", "VOLUME needs at least one argument"),
    ('FROM a\nVOLUME [" "]\n', "2:8", "VOLUME with an empty string: name a path"),
    ("FROM a\nVOLUME\n", "2:1", "VOLUME needs at least one argument"),
    ("FROM a\nEXPOSE\n", "2:1", "EXPOSE needs at least one argument"),
    ("FROM a\nUSER\n", "2:1", "USER needs exactly one argument"),
    ("FROM a\nWORKDIR \n", "2:1", "WORKDIR needs exactly one argument"),
    ("FROM a\nMAINTAINER\n", "2:1", "MAINTAINER needs exactly one argument"),
    ("FROM a\nSTOPSIGNAL\n", "2:1", "STOPSIGNAL needs exactly one argument"),
    ("FROM a\nHEALTHCHECK CMD\n", "2:1", "HEALTHCHECK CMD needs a command"),
    ("FROM a\nHEALTHCHECK CMD []\n", "2:1", "HEALTHCHECK CMD needs a command"),
    ("FROM a\nHEALTHCHECK NONE a\n", "2:18", "HEALTHCHECK NONE takes no arguments: remove them"),
    ("FROM a\nHEALTHCHECK a\n", "2:13", "HEALTHCHECK is followed by CMD or NONE, not by 'a'"),
    ("FROM a\nHEALTHCHECK\n", "2:1", "HEALTHCHECK needs at least one argument"),
    (
        "FROM a\nHEALTHCHECK CMD [1]\n",
        "2:17",
        "a JSON array after HEALTHCHECK may only have strings in it: quote its elements with double quotes",
    ),
    (
        "FROM a\nENV a=b c\n",
        "2:9",
        "'c' has no '=': ENV sets name=value pairs, and a value with spaces needs quotes",
    ),
    ("FROM a\nENV a\n", "2:5", "ENV needs a name and a value: write a=value"),
    ("FROM a\nENV\n", "2:1", "ENV needs at least one argument"),
    ("FROM a\nENV =a\n", "2:5", "ENV without a name before '='"),
    (
        "FROM a\nENV a\xa0b=c d\n",
        "2:5",
        "a space that is not ASCII stands in the name: type a plain one",
    ),
    ("FROM a\nLABEL a\n", "2:7", "LABEL needs a name and a value: write a=value"),
    ("FROM a\nENV ''\n", "2:5", "ENV needs a name and a value: write ''=value"),
    ("ARG\nFROM a\n", "1:1", "ARG needs at least one argument"),
    ("ARG =a\nFROM a\n", "1:5", "ARG without a name before '='"),
    (
        "FROM a\nONBUILD ONBUILD RUN a\n",
        "2:9",
        "ONBUILD cannot be an ONBUILD trigger: remove the instruction",
    ),
    (
        "FROM a\nONBUILD FROM a\n",
        "2:9",
        "FROM cannot be an ONBUILD trigger: remove the instruction",
    ),
    (
        "FROM a\nONBUILD MAINTAINER a\n",
        "2:9",
        "MAINTAINER cannot be an ONBUILD trigger: remove the instruction",
    ),
    ("FROM a\nONBUILD\n", "2:1", "ONBUILD needs at least one argument"),
    ("FROM a\nONBUILD RUM a\n", "2:9", "unknown instruction 'RUM': did you mean RUN?"),
    (
        "FROM a\nRUN <<- E\nb\nE\n",
        "3:1",
        "unknown instruction 'b': if it belongs to line 2, that line has to end with a continuation",
    ),
    (
        "FROM a\nRUN a $((1 << 2))\n",
        "2:12",
        "the here-document << 2)) has no end: a line with nothing but '2))' is missing; if none is meant, leave no blank behind <<",
    ),
    (
        "FROM a\nRUN <<E\nb\n",
        "2:5",
        "the here-document <<E has no end: a line with nothing but 'E' is missing",
    ),
    (
        "FROM a\nCOPY a <<E\nb\nE\n",
        "2:8",
        "COPY cannot copy to a here-document: its last argument is the destination",
    ),
    (
        "FROM a as b AS c\n",
        "1:8",
        "FROM needs an image, or an image, AS and a name; a comment needs its own line",
    ),
    (
        "FROM a b\n",
        "1:8",
        "FROM needs an image, or an image, AS and a name; a comment needs its own line",
    ),
    (
        "FROM a AS 1\n",
        "1:11",
        "'1' cannot name a stage: a name starts with a letter, and letters, digits, '_', '-' and '.' follow",
    ),
    (
        "FROM\n",
        "1:1",
        "FROM needs an image, or an image, AS and a name; a comment needs its own line",
    ),
    ('FROM ""\n', "1:6", "the base image is empty: name one, or scratch"),
    ("FROM 'a\n", "1:6", "the base image cannot be read: a single quote is never closed"),
    ("ARG a\nRUN b\nFROM c\n", "2:1", "RUN before the first FROM: only ARG may stand there"),
    ("RUN a\nFROM b\n", "1:1", "RUN before the first FROM: only ARG may stand there"),
    ("", "1:1", "there is no instruction in this file: a Dockerfile starts with FROM"),
    ("\n\n", "1:1", "there is no instruction in this file: a Dockerfile starts with FROM"),
    ("# c\n", "1:1", "there is no instruction in this file: a Dockerfile starts with FROM"),
    (
        "   \n# escape=`",
        "1:1",
        "there is no instruction in this file: a Dockerfile starts with FROM",
    ),
    ("\\\n", "1:1", "an instruction that is nothing but a continuation: remove the line"),
    ("FROM a\nRUM a\n", "2:1", "unknown instruction 'RUM': did you mean RUN?"),
    ("FROM a\nCOPPY a b\n", "2:1", "unknown instruction 'COPPY': did you mean COPY?"),
    ("FORM a\n", "1:1", "unknown instruction 'FORM': did you mean FROM?"),
    ("FROM a\nENTYRPIONT a\n", "2:1", "unknown instruction 'ENTYRPIONT': did you mean ENTRYPOINT?"),
    (
        "FROM a\n\n# b\nRUN c\n\n# d\n  e f\n",
        "7:3",
        "unknown instruction 'e': if it belongs to line 4, that line has to end with a continuation",
    ),
    (
        "FROM a\nENV b=c \\\nCMD d\n",
        "3:1",
        "'CMD' has no '=': ENV sets name=value pairs, and this CMD belongs to it: remove the continuation above",
    ),
    (
        "FROM a\nENV b=“c d”\n",
        "2:10",
        "'d”' has no '=': ENV sets name=value pairs, and a “ is no quote: type it in ASCII",
    ),
    (
        "FROM –-platform=linux/amd64 a\n",
        "1:6",
        "'–-platform=linux/amd64' has a dash that is not ASCII: type --platform=linux/amd64",
    ),
    (
        "FROM a\nHEALTHCHECK —interval=5s CMD b\n",
        "2:13",
        "'—interval=5s' has a dash that is not ASCII: type --interval=5s",
    ),
    (
        'FROM a\nENTRYPOINT["a"]\n',
        "2:1",
        "unknown instruction 'ENTRYPOINT[\"a\"]': put a space after ENTRYPOINT",
    ),
    ("FROM a\n// a\n", "2:1", "unknown instruction '//': a comment starts with '#'"),
    (
        "FROM a\napt-get a\n",
        "2:1",
        "unknown instruction 'apt-get': if it belongs to line 1, that line has to end with a continuation",
    ),
    (
        "FROM a\n&& b\n",
        "2:1",
        "unknown instruction '&&': if it belongs to line 1, that line has to end with a continuation",
    ),
    (
        "FROM a\n{{ a }}\n",
        "2:1",
        "unknown instruction '{{': if it belongs to line 1, that line has to end with a continuation",
    ),
]


def outline(instruction: Instruction) -> list[Any]:
    """An instruction as the table writes it."""
    found: list[Any] = [instruction.keyword]
    found += [
        f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}")
        for flag in instruction.flags
    ]
    if instruction.child:
        found.append(outline(instruction.child))
        return found
    words = tuple(word.text for word in instruction.words)
    if instruction.json is not None:
        found += [*words[:1], list(instruction.json)]
    else:
        found.append(words or instruction.arguments)
    if instruction.heredocs:
        found.append({body.name: body.content for body in instruction.heredocs})
    return found


@pytest.mark.parametrize(("text", "expected"), ACCEPTED)
def test_accepted(text: str, expected: list[Any]) -> None:
    assert [outline(instruction) for instruction in parse(text).instructions] == expected


@pytest.mark.parametrize(("text", "place", "reason"), REFUSED)
def test_refused(text: str, place: str, reason: str) -> None:
    with pytest.raises(DockerfileSyntaxError) as raised:
        parse(text, "a/Dockerfile")
    assert str(raised.value) == f"a/Dockerfile:{place}: {reason}"
    assert f"{raised.value.line}:{raised.value.column}" == place
