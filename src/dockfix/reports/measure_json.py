"""What `dockfix measure` found, as JSON.

The shape is described in docs/measure.md; `VERSION` grows when a name goes or means something else,
and not when one is added.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dockfix import __version__
from dockfix.builds.measure import Measured
from dockfix.builds.weights import WeighedImage

#: Of the shape of the document.
VERSION = 1


def measured_json(found: Sequence[Measured], engine: str) -> str:
    """The whole result as a JSON document."""
    images = [
        {
            "path": one.path,
            "changed": one.after is not None,
            "edited": None if one.chosen is None else one.chosen._asdict(),
            "before": _image(one.before),
            "after": None if one.after is None else _image(one.after),
            "left": [kind._asdict() for kind in one.left],
        }
        for one in found
    ]
    document = {"version": VERSION, "dockfix": __version__, "engine": engine, "images": images}
    return json.dumps(document, indent=2) + "\n"


def _image(one: WeighedImage) -> dict[str, Any]:
    """The JSON of an image."""
    edit = one.edit
    return {
        "size": one.size,
        "wasted": one.wasted,
        "seconds": round(one.seconds, 2),
        "layers": [
            {
                "digest": layer.digest,
                "instruction": layer.instruction,
                "line": layer.line or None,
                "base": layer.base,
                "size": layer.size,
                "wasted": layer.wasted,
                "lost": [part._asdict() for part in layer.lost],
            }
            for layer in one.layers
        ],
        "edit": edit
        and {
            "seconds": round(edit.seconds, 2),
            "rebuilt": edit.rebuilt,
            "size": edit.size,
            "packed": edit.packed,
            "layers": list(edit.layers),
            "steps": [step._asdict() for step in edit.steps],
        },
    }
