"""The page of `dockfix measure`, laid out by a real browser: nothing is clipped, tiny or pale."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dockfix.builds.edited_file import FileToEdit
from dockfix.builds.engine import BuildStep
from dockfix.builds.measure import Measured
from dockfix.builds.weights import EditCost, WastedFile, WeighedImage, WeighedLayer
from dockfix.reports.page import page

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)

#: Says what a reader would stumble over, as JSON in the title.
SCRIPT = """
<script>
const found = [];
const say = (what, node) => found.push(what + ": " + node.outerHTML.slice(0, 90));
const wide = document.documentElement;
if (wide.scrollWidth > wide.clientWidth) found.push(`the page is ${wide.scrollWidth} wide`);
const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const light = (color) => {
  const [r, g, b] = color.slice(0, 3).map((one) => {
    one /= 255;
    return one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (node) => {
  for (; node; node = node.parentElement) {
    const color = parse(getComputedStyle(node).backgroundColor);
    if (color.length === 3) return color;
  }
  return [255, 255, 255];
};
for (const node of document.querySelectorAll("body *")) {
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  const text = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  if (text && node.tagName !== "SCRIPT") {
    if (parseFloat(style.fontSize) < 12.5) say("tiny", node);
    const pair = [light(parse(style.color)), light(behind(node))].sort((a, b) => b - a);
    if ((pair[0] + 0.05) / (pair[1] + 0.05) < 4.5) say("pale", node);
    if (box.left < 0 || box.right > innerWidth + 1) say("outside", node);
  }
  if (node.matches(".wide") && node.scrollWidth > node.clientWidth) say("scrolls", node);
  if (node.matches(".meter i, .bar i")) {
    const outer = node.parentElement.getBoundingClientRect();
    if (box.right > outer.right + 1.5) say("clipped", node);
  }
  if (node.matches(".head > *, .steps li > *, .total > *")) {
    for (const other of node.parentElement.children) {
      const its = other.getBoundingClientRect();
      if (other === node) continue;
      const apart = box.right <= its.left + 0.5 || its.right <= box.left + 0.5
        || box.bottom <= its.top + 0.5 || its.bottom <= box.top + 0.5;
      if (!apart) say("overlaps", node);
    }
  }
}
const ground = light(parse(getComputedStyle(document.body).backgroundColor));
document.title = JSON.stringify({found, ground, scripts: document.scripts.length});
</script>
"""


def weighed(layers: int, scale: int) -> WeighedImage:
    """An image with many layers, long instructions and long paths."""
    made = [WeighedLayer("sha256:0", "(imported)", 0, True, 76_697_600, 0, ())]
    steps = []
    for number in range(1, layers):
        size = 10 ** (number % 9) * scale
        lost = (
            WastedFile("/usr/lib/" + "long-name/" * 12 + "x" * 90, size // 2, layers - 1, True),
        )
        text = f"RUN apt-get install -y {'package-with-a-name ' * 9}{'x' * 120}"
        wasted = size // 2 if number % 2 else 0
        made.append(
            WeighedLayer(f"sha256:{number}", text, number, False, size, wasted, lost * bool(wasted))
        )
        steps.append(BuildStep(f"[{number}/{layers}] {text}", number < 3, 123.4 * (number % 4)))
    return WeighedImage(1234.5, tuple(made), EditCost(99.9, tuple(steps), (), 10**10, 999_949))


WORST = [
    Measured(
        "services/" + "deep/" * 20 + "Dockerfile",
        FileToEdit("src/" + "n" * 120 + ".py", "changed most often, by 12 commits"),
        weighed(20, 9),
        weighed(7, 1),
    ),
    Measured("Dockerfile", None, weighed(3, 1), None),
]


def laid_out(path: Path, width: int, scheme: str) -> dict[str, Any]:
    """What the script finds out about a page."""
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--dump-dom",
        f"--blink-settings=preferredColorScheme={('dark', 'light').index(scheme)}",
        f"--user-data-dir={path.parent / 'profile'}", f"--window-size={width},2000", path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert title is not None
    found: dict[str, Any] = json.loads(html.unescape(title[1]))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not BROWSER, reason="no chromium on the PATH")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 500])
def test_nothing_is_clipped_tiny_or_pale(tmp_path: Path, width: int, scheme: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(page(WORST, "docker 28").replace("</body>", f"{SCRIPT}</body>"))
    said = laid_out(path, width, scheme)
    assert said["found"] == []
    assert said["scripts"] == 1  # that of the test
    assert (said["ground"] > 0.5) == (scheme == "light")
