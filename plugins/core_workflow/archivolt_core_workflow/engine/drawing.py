"""Draws a definition as SVG, without anything but text."""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from archivolt_core_workflow.engine.layering import Layout, layout
from archivolt_core_workflow.engine.model import (
    CALL,
    CHOICE,
    EACH,
    END,
    JOIN,
    SPLIT,
    SUB,
    TASK,
    Definition,
    Node,
    Transition,
)

WIDTH, HEIGHT = 150, 52  # of a node
COLUMN, ROW, EDGE, HEAD = 240, 104, 40, 70
LONGEST = 24  # characters of a label
COLOURS = {
    TASK: ("#e8f1fb", "#2f6db3"),
    CALL: ("#eef7ee", "#3c8a46"),
    SUB: ("#f4eefb", "#7a4fb0"),
    END: ("#fbeeee", "#b04848"),
    CHOICE: ("#fff6e0", "#b98a1c"),
    SPLIT: ("#f0f0f0", "#555"),
    JOIN: ("#f0f0f0", "#555"),
    EACH: ("#f0f0f0", "#555"),
}
PLAIN = ("#ffffff", "#44546a")
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2a37;text-anchor:middle}"
    ".small{font-size:11px;fill:#5b6776}.title{font-size:17px;font-weight:600;"
    "text-anchor:start}.way{fill:none;stroke:#7b8794;stroke-width:1.4}"
    ".back{stroke-dasharray:5 4}.label{font-size:11px;fill:#3a4653;"
    "paint-order:stroke;stroke:#fff;stroke-width:4px}"
)
ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
    'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="#7b8794"/>'
    "</marker></defs>"
)
Point = tuple[float, float]


def draw(definition: Definition) -> str:
    """Return the drawing of a definition."""
    placed = layout(definition)
    points = _points(placed)
    height = max(y for _, y in points.values()) + HEIGHT / 2 + EDGE + 20
    height += 26 * len(placed.back)
    width = max(x for x, _ in points.values()) + WIDTH / 2 + EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img">',
        f"<title>{escape(definition.title)}</title><style>{STYLE}</style>{ARROW}",
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
        f'<text class="title" x="{EDGE}" y="36">{escape(definition.title)}</text>',
        *_ways(definition, placed, points, height),
        *(_node(node, points[name]) for name, node in definition.nodes.items()),
        _start(points[definition.start]) if definition.start in points else "",
        "</svg>",
    ]
    return "\n".join(parts)


def _points(placed: Layout) -> dict[str, Point]:
    most = max(len(column) for column in placed.columns)
    found = {}
    for number, column in enumerate(placed.columns):
        top = HEAD + HEIGHT / 2 + (most - len(column)) * ROW / 2
        for row, name in enumerate(column):
            x = EDGE + WIDTH / 2 + 30 + number * COLUMN
            found[name] = (float(x), top + row * ROW)
    return found


def _start(point: Point) -> str:
    x, y = point[0] - WIDTH / 2 - 34, point[1]
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="7" fill="#44546a"/>'
        f'<path class="way" marker-end="url(#arrow)" d="M{x + 7:g} {y:g}h25"/>'
    )


def _node(node: Node, point: Point) -> str:
    x, y = point
    fill, line = COLOURS.get(node.kind, PLAIN)
    look = (
        f'fill="{fill}" stroke="{line}" stroke-width="{3 if node.kind == END else 1.5}"'
    )
    words = [node.kind, *_details(node)]
    return "\n".join(
        [
            f"<g><title>{escape(node.name)}</title>",
            _shape(node, x, y, look),
            f'<text x="{x:g}" y="{y - 1:g}">{escape(_short(node.title))}</text>',
            f'<text class="small" x="{x:g}" y="{y + 15:g}">'
            f"{escape(_short(' · '.join(words), 30))}</text></g>",
        ]
    )


def _details(node: Node) -> Iterable[str]:
    if node.quorum is not None:
        yield f"{node.quorum.need} votes"
    if node.kind == JOIN:
        yield str(node.wait or "all")
    if node.kind == SPLIT:
        yield node.takes
    if node.deed is not None:
        yield node.deed.name
    if node.definition is not None:
        yield node.definition


def _shape(node: Node, x: float, y: float, look: str) -> str:
    left, top = x - WIDTH / 2, y - HEIGHT / 2
    if node.kind in (CHOICE, SPLIT, JOIN, EACH):
        cut = 22 if node.kind == CHOICE else 12
        corners = (
            (left + cut, top),
            (left + WIDTH - cut, top),
            (left + WIDTH, y),
            (left + WIDTH - cut, top + HEIGHT),
            (left + cut, top + HEIGHT),
            (left, y),
        )
        dots = " ".join(f"{a:g},{b:g}" for a, b in corners)
        return f'<polygon points="{dots}" {look}/>'
    round_by = HEIGHT / 2 if node.kind == END else 8
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{WIDTH}" height="{HEIGHT}" '
        f'rx="{round_by:g}" {look}/>'
    )


def _ways(
    definition: Definition, placed: Layout, points: dict[str, Point], height: float
) -> Iterable[str]:
    by_way: dict[tuple[str, str], list[Transition]] = {}
    for way in definition.transitions():
        if way.target in points:
            by_way.setdefault((way.source, way.target), []).append(way)
    below = height - EDGE
    for ends, ways in by_way.items():
        label = ", ".join(_said(way) for way in ways if _said(way))
        if ends in placed.back or ends[0] == ends[1]:
            below -= 26
            yield _back(points[ends[0]], points[ends[1]], below + 26, label)
        else:
            line = [points[bend] for bend in placed.bends[ends]]
            yield _forward([points[ends[0]], *line, points[ends[1]]], label)


def _said(way: Transition) -> str:
    if way.after is not None:
        return f"{way.title} (time)"
    return "" if way.name == "next" and way.title == "next" else way.title


def _forward(line: Sequence[Point], label: str) -> str:
    x, y = line[0][0] + WIDTH / 2, line[0][1]
    path = f"M{x:g} {y:g}"
    for number, (px, py) in enumerate(line[1:], 1):
        left = px - WIDTH / 2
        middle = (x + left) / 2
        path += f"C{middle:g} {y:g} {middle:g} {py:g} {left:g} {py:g}"
        if number < len(line) - 1:
            path += f"h{WIDTH}"
        x, y = px + WIDTH / 2, py
    at = (line[0][0] + line[1][0]) / 2, (line[0][1] + line[1][1]) / 2
    return _drawn(path, "way", (at[0], at[1] - 6), label)


def _back(source: Point, target: Point, below: float, label: str) -> str:
    (x, y), (to_x, to_y) = source, target
    path = (
        f"M{x + 20:g} {y + HEIGHT / 2:g}V{below - 10:g}q0 10 -10 10"
        f"H{to_x - 10:g}q-10 0 -10 -10V{to_y + HEIGHT / 2:g}"
    )
    return _drawn(path, "way back", ((x + to_x) / 2, below - 5), label)


def _drawn(path: str, look: str, at: Point, label: str) -> str:
    drawn = f'<path class="{look}" marker-end="url(#arrow)" d="{path}"/>'
    if not label:
        return drawn
    words = escape(_short(label, 40))
    return f'{drawn}<text class="label" x="{at[0]:g}" y="{at[1]:g}">{words}</text>'


def _short(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
