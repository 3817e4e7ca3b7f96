"""Puts measured tables into README.md, so that none is typed by hand.

python packaging/fill_readme.py demo DIR/results.md     what `coun demo --out DIR` wrote
python packaging/fill_readme.py bench FILE              what `make bench` printed
"""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def filled(readme: str, name: str, content: str) -> str:
    """The text with everything between the marks of `name` replaced."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    block = f"{begin}\n{content.strip()}\n{end}"
    found = re.compile(f"{begin}(?:.*?{end})?", re.DOTALL)
    return found.sub(lambda _match: block, readme, count=1)


if __name__ == "__main__":
    kind, source = sys.argv[1:3]
    text = Path(source).read_text(encoding="utf-8")
    if kind == "bench":
        text = f"```\n{text.strip()}\n```"
    README.write_text(filled(README.read_text(encoding="utf-8"), kind, text), encoding="utf-8")
