"""Makes assets/fonts/NotoSansSC.otf, once: python3 make.py <NotoSansSC-Regular.otf> NotoSansSC.otf
Needs fonttools. README.md says where the first file comes from."""

import sys

from fontTools import subset
from fontTools.ttLib import TTFont

RANGES = [
    (0x0020, 0x007E), (0x00A0, 0x017F),   # Latin: addresses, foreign names
    (0x0391, 0x03C9),                     # Greek, as GB2312 has it
    (0x2010, 0x2027), (0x2030, 0x205E),   # dashes, quotation marks, dots between the parts of a name
    (0x2100, 0x218F),                     # № ℃ Ⅳ
    (0x2190, 0x21FF), (0x2200, 0x22FF),
    (0x2460, 0x24FF),                     # ①
    (0x25A0, 0x266F),                     # □ ○ ☆
    (0x2E80, 0x2FDF),                     # radicals, which some input methods give instead of the character
    (0x3000, 0x303F), (0x30FB, 0x30FB),   # punctuation, 〇
    (0x3220, 0x33FF),                     # ㈠ ㎡
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF),   # all Han
    (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
    (0xFE30, 0xFE4F), (0xFF00, 0xFFEF),   # full-width
]


def main(source: str, target: str) -> None:
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.legacy_kern = False
    options.name_IDs = ["*"]              # copyright and licence stay in the file
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.glyph_names = False
    options.drop_tables += ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx", "GlyphOrder"]
    font = TTFont(source, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[c for first, last in RANGES for c in range(first, last + 1)])
    subsetter.subset(font)
    subset.save_font(font, target, options)


if __name__ == "__main__":
    main(*sys.argv[1:])
