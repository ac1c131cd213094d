#!/usr/bin/env python3
"""Write units-2025-07-01.csv, the provinces and communes of Viet Nam in force on 1 July 2025.

Usage, with any Python from 3.9 on (the wheel is read, not installed, so its own Python bound does not matter):

    pip download --no-deps --only-binary=:all: --python-version 3.12 vietnam-provinces==2026.9.0
    python3 data/build-units.py vietnam_provinces-2026.9.0-py3-none-any.whl

Do not take release 2025.10.1 or older, which pip chooses by itself on Python 3.11 and before: they carry the codes
of the *draft* decision, where more than a hundred communes have another code. Only codes, names, kinds and parents
are read. The file is written only when every check holds: 34 provinces, 3,321 communes, codes unique, parents
present, NFC.
"""

import csv
import io
import json
import re
import sys
import unicodedata
import zipfile
from email.parser import Parser
from pathlib import Path

RELEASE = "2026.9.0"
READ_ON = "2026-11-23"
PROVINCES, COMMUNES = 34, 3321
TARGET = Path(__file__).with_name("units-2025-07-01.csv")
COLUMNS = ["code", "level", "parent_code", "name", "short_name", "kind"]
# division_type of the package: (prefix of the official name, our kind)
KINDS = {
    "thành phố trung ương": ("Thành phố", "municipality"),
    "tỉnh": ("Tỉnh", "province"),
    "phường": ("Phường", "ward"),
    "xã": ("Xã", "commune"),
    "đặc khu": ("Đặc khu", "special_zone"),
}
HEAD = """\
The {provinces} provinces and municipalities and {communes} communes, wards and special zones of Viet Nam, as of 2025-07-01.
In force: from 2025-07-01. Later acts are NOT in this file; see data/README.md (Đồng Nai, 2026-04-30).
Legal basis of codes and names: Quyết định 19/2025/QĐ-TTg of 2025-06-30, list and codes of administrative units,
  https://www.nso.gov.vn/default/2025/07/quyet-dinh-ban-hanh-bang-danh-muc-va-ma-so-cac-don-vi-hanh-chinh-viet-nam/
Behind it: Nghị quyết 202/2025/QH15 (provinces) and the 34 resolutions of the National Assembly Standing Committee of 2025
  on the arrangement of communes (for Hà Nội 1656/NQ-UBTVQH15). None of these texts was read here.
Source: PyPI package vietnam-provinces {version}, data retrieved by it on {retrieved}. The package itself cites only
  the National Statistics Office, https://danhmuchanhchinh.nso.gov.vn/ and names no decision.
Licence of the package: {licence}. Only facts were taken (codes, names, kinds, parents); no file or code of it is here.
Read: {read_on}, by data/build-units.py. This is not the official text; where they differ, the decision holds.
Open: Xã Ba Chẽ (Quảng Ninh) is 06970 at the statistics office and 06978 in one other public data set.
Columns: code (text, leading zeros: 2 digits province, 5 digits commune), level (province | commune),
  parent_code (empty for a province), name (official, with prefix, NFC), short_name (without prefix),
  kind (municipality | province | ward | commune | special_zone).
Counts: {kinds}.
Order: provinces by code, then communes by code. UTF-8, LF, comma; lines starting with # are comment."""


def unit(code, width, level, parent, raw, division_type):
    """One row; the prefix is rebuilt from the kind, because the source writes one of them in lower case."""
    prefix, kind = KINDS[division_type]
    raw = " ".join(unicodedata.normalize("NFC", raw).split())
    if not raw.lower().startswith(prefix.lower() + " "):
        sys.exit(f"{code}: {raw!r} does not begin with {prefix!r}")
    short = raw[len(prefix) + 1 :]
    return [f"{code:0{width}}", level, parent, f"{prefix} {short}", short, kind]


def check(rows):
    """Every broken rule of the finished rows, in words."""
    provinces = {row[0] for row in rows if row[1] == "province"}
    communes = {row[0] for row in rows if row[1] == "commune"}
    digits = {"province": r"\d{2}", "commune": r"\d{5}"}
    yield from (f"{row}: bad code" for row in rows if not re.fullmatch(digits[row[1]], row[0]))
    yield from (f"{row}: not NFC" for row in rows if any(unicodedata.normalize("NFC", cell) != cell for cell in row))
    yield from (f"{row}: no such parent" for row in rows if row[1] == "commune" and row[2] not in provinces)
    if len(provinces) + len(communes) != len(rows):
        yield "a code occurs twice"
    if (len(provinces), len(communes)) != (PROVINCES, COMMUNES):
        yield f"{len(provinces)} provinces and {len(communes)} communes, expected {PROVINCES} and {COMMUNES}"


def main(wheel):
    with zipfile.ZipFile(wheel) as archive:

        def read(path):
            return archive.read(path).decode()

        about = Parser().parsestr(read(next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))))
        retrieved = re.search(r"__data_version__ = '([\d-]+)'", read("vietnam_provinces/__init__.py"))[1]
        tree = json.loads(read("vietnam_provinces/data/nested-divisions.json"))
    if about["Version"] != RELEASE:
        sys.exit(f"release {about['Version']}, expected {RELEASE}")

    provinces, communes = [], []
    for province in tree:
        row = unit(province["code"], 2, "province", "", province["name"], province["division_type"])
        provinces.append(row)
        communes += [unit(w["code"], 5, "commune", row[0], w["name"], w["division_type"]) for w in province["wards"]]
    rows = sorted(provinces) + sorted(communes)
    if problems := list(check(rows)):
        sys.exit("\n".join(problems))

    counts = [(kind, sum(row[5] == kind for row in rows)) for _, kind in KINDS.values()]
    head = HEAD.format(
        provinces=PROVINCES, communes=f"{COMMUNES:,}", version=about["Version"], licence=about["License-Expression"],
        retrieved=retrieved, read_on=READ_ON, kinds=", ".join(f"{kind} {count}" for kind, count in counts),
    )
    text = io.StringIO()
    text.writelines(f"# {line}\n" for line in head.split("\n"))
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    TARGET.write_bytes(text.getvalue().encode())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
