#!/usr/bin/env python3
"""Makes the PDF documents of the starter library from the texts in documents/<slug>.md.

For every text it writes ../media/<slug>.pdf: A4, selectable text, fonts embedded as subsets.

What it needs, on Debian 12 or newer:

    apt-get install python3-reportlab fonts-noto-core

Then:

    python3 documents.py              # every text
    python3 documents.py SLUG ...     # only these

The texts use a small part of Markdown: `# ` for the title, `## ` for a heading, paragraphs,
`- ` and `1. ` lists, `**bold**`, `> ` for a boxed note, and tables. Besides that:

    - [ ] text     a list item with a box to tick
    ....           a dotted line to write on
    ---            a new page
    | | | |        a table row without text is left higher, to write in
    | --- | ------ |   columns are as wide as their dashes are long

The same version of ReportLab gives the same bytes on every run.
"""

import re
import sys
import unicodedata
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    ListFlowable,
    ListItem,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "documents"
MEDIA = HERE.parent / "media"

FONT_DIR = Path("/usr/share/fonts/truetype/noto")
INK, FAINT, RULE, TINT, ACCENT = map(HexColor, ("#2b2620", "#6f6556", "#b9ad96", "#f6efdf", "#c9701a"))

MARGIN = 20 * mm
TEXT_WIDTH = A4[0] - 2 * MARGIN
WRITING_ROW = 8 * mm

BODY = ParagraphStyle("body", fontName="Sans", fontSize=11, leading=16, textColor=INK, spaceAfter=5)
ITEM = ParagraphStyle("item", parent=BODY, spaceAfter=2)
CELL = ParagraphStyle("cell", parent=BODY, fontSize=10, leading=13.5, spaceAfter=0)
HEADER_CELL = ParagraphStyle("header", parent=CELL, fontName="Sans-Bold")
TITLE = ParagraphStyle("title", parent=BODY, fontName="Serif-Bold", fontSize=21, leading=28, spaceAfter=8)
HEADING = ParagraphStyle(
    "heading", parent=BODY, fontName="Serif-Bold", fontSize=13.5, leading=19, spaceBefore=9, spaceAfter=4, keepWithNext=1
)


def load_fonts():
    for name, file in (("Sans", "NotoSans-Regular"), ("Sans-Bold", "NotoSans-Bold"), ("Serif-Bold", "NotoSerif-Bold")):
        pdfmetrics.registerFont(TTFont(name, str(FONT_DIR / f"{file}.ttf")))
    pdfmetrics.registerFontFamily("Sans", normal="Sans", bold="Sans-Bold", italic="Sans", boldItalic="Sans-Bold")


class WritingLine(Flowable):
    """A dotted line over the whole width."""

    def wrap(self, width, height):
        self.width = width
        return width, WRITING_ROW

    def draw(self):
        self.canv.setStrokeColor(RULE)
        self.canv.setDash(1, 2)
        self.canv.line(0, 2 * mm, self.width, 2 * mm)


class TickBox(Flowable):
    """An item with an empty square before it."""

    def __init__(self, text):
        super().__init__()
        self.paragraph = Paragraph(text, ITEM)

    def wrap(self, width, height):
        self.width, self.height = width, self.paragraph.wrap(width - 7 * mm, height)[1] + 2
        return self.width, self.height

    def draw(self):
        self.canv.setStrokeColor(INK)
        self.canv.rect(1, self.height - 13, 9, 9)
        self.paragraph.drawOn(self.canv, 7 * mm, 2)


def inline(text):
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))


def note(text):
    table = Table([[Paragraph(inline(text), BODY)]], colWidths=[TEXT_WIDTH])
    table.setStyle(TableStyle([
        ("BACKGROUND", (0, 0), (-1, -1), TINT),
        ("LINEBEFORE", (0, 0), (0, -1), 3, ACCENT),
        ("LEFTPADDING", (0, 0), (-1, -1), 10),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
    ]))
    return [table, Spacer(1, 3 * mm)]


def table(lines):
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    header, dashes, *rest = rows
    total = sum(map(len, dashes))
    cells = [[Paragraph(inline(c), HEADER_CELL) for c in header]]
    cells += [[Paragraph(inline(c), CELL) for c in row] for row in rest]
    widths = [TEXT_WIDTH * len(d) / total for d in dashes]
    # A row is for writing when it is blank, or has only its first cell filled in.
    heights = [None]
    for row, made in zip(rest, cells[1:]):
        needed = made[0].wrap(widths[0] - 10, A4[1])[1] + 6
        heights.append(None if any(row[1:]) else max(WRITING_ROW, needed))
    made = Table(cells, colWidths=widths, rowHeights=heights, repeatRows=1)
    made.setStyle(TableStyle([
        ("GRID", (0, 0), (-1, -1), 0.5, RULE),
        ("BACKGROUND", (0, 0), (-1, 0), TINT),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
    ]))
    return [made, Spacer(1, 3 * mm)]


def items(texts, kind):
    entries = [ListItem(Paragraph(inline(text), ITEM)) for text in texts]
    options = {"bulletType": "1", "bulletFormat": "%s."} if kind == "1" else {"bulletType": "bullet", "start": "•"}
    return [ListFlowable(entries, bulletFontName="Sans", bulletFontSize=11, leftIndent=16, bulletColor=INK, **options),
            Spacer(1, 1.5 * mm)]


def kind_of(line):
    for kind, pattern in (
        ("blank", r"\s*$"), ("title", r"# "), ("heading", r"## "), ("break", r"---$"), ("line", r"\.{4,}$"),
        ("tick", r"- \[ \] "), ("-", r"- "), ("1", r"\d+\. "), ("note", r"> ?"), ("table", r"\|"),
    ):
        found = re.match(pattern, line)
        if found:
            return kind, line[found.end():] if kind != "table" else line
    return "text", line


def story(text):
    """The flowables of a text, and its title."""
    made, title, group, group_kind = [], "", [], "blank"

    def close():
        if group_kind == "text":
            made.append(Paragraph(inline(" ".join(group)), BODY))
        elif group_kind == "note":
            made.extend(note(" ".join(group)))
        elif group_kind == "table":
            made.extend(table(group))
        elif group_kind in ("-", "1"):
            made.extend(items(group, group_kind))

    for line in text.splitlines() + [""]:
        kind, rest = kind_of(line)
        if kind != group_kind:
            close()
            group, group_kind = [], kind
        if kind == "title":
            title = rest
            made.append(Paragraph(inline(rest), TITLE))
        elif kind == "heading":
            made.append(Paragraph(inline(rest), HEADING))
        elif kind == "break":
            made.append(PageBreak())
        elif kind == "line":
            made.append(WritingLine())
        elif kind == "tick":
            made.append(TickBox(inline(rest)))
        else:
            group.append(rest)
    return made, title


def make(path):
    content, title = story(unicodedata.normalize("NFC", path.read_text(encoding="utf-8")))
    out = MEDIA / f"{path.stem}.pdf"

    def footer(canvas, document):
        canvas.setFont("Sans", 8.5)
        canvas.setFillColor(FAINT)
        canvas.drawString(MARGIN, 11 * mm, f"{title} · Đèn Sách · CC BY 4.0")
        canvas.drawRightString(A4[0] - MARGIN, 11 * mm, str(document.page))

    document = SimpleDocTemplate(
        str(out), pagesize=A4, leftMargin=MARGIN - 6, rightMargin=MARGIN - 6, topMargin=18 * mm, bottomMargin=20 * mm,
        title=title, author="Nhóm biên soạn Đèn Sách", subject="CC BY 4.0", creator="Đèn Sách", lang="vi", invariant=1,
    )
    document.build(content, onFirstPage=footer, onLaterPages=footer)
    print(f"{path.stem}: {document.page} pages, {out.stat().st_size // 1000} kB")


def main():
    load_fonts()
    MEDIA.mkdir(exist_ok=True)
    for path in [SOURCES / f"{slug}.md" for slug in sys.argv[1:]] or sorted(SOURCES.glob("*.md")):
        make(path)


if __name__ == "__main__":
    main()
