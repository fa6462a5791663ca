"""Texts that have broken programs: kinds of them, by what they try. Data only."""

CONTROLS = [
    *(chr(code) for code in (*range(32), *range(127, 160))),
    "\0cpu usage",
    "cpu\0usage",
    "cpu usage\r\n\0today",
]

INVISIBLE = [
    "\ufeff", "\ufeffcpu usage today", "cpu\u200busage", "\u200b", "\u200d\u200c", "cpu\u00a0usage\u00a0today",
    "\u2060cpu", "\u00adcpu us\u00adage", "cpu\u2028usage", "cpu\u2029usage", "\u3000cpu usage\u3000", "\u180e",
    "\ufff9\ufffa\ufffb", "\U000e0001", "cpu\u202eegasu", "\u202acpu\u202c", "\u2066cpu usage\u2069", "\u061c",
    "\u200f\u200e", "\u115f\u3164\uffa0",
]  # fmt: skip

SCRIPTS = [
    "استخدام المعالج اليوم", "cpu שימוש היום", "کتنے", "การใช้งาน", "使用率今天", "ｃｐｕ　ｕｓａｇｅ",
    "ＣＰＵ ｕｓａｇｅ ｔｏｄａｙ", "срu usage", "ĳ ŀ ﬁ ﬀ ß ẞ İ ı ſ", "İSTANBUL", "ﷺ", "Ⅷ ½ ² ₂ ⑤", "Ωmega Å",
    "नमस्ते", "ሰላም", "ᚠᛇᚻ", "𝖈𝖕𝖚 𝕦𝕤𝕒𝕘𝕖", "ⓒⓟⓤ", "ˢᵘᵖᵉʳ", "ʇsɐl",
]  # fmt: skip

MARKS = [
    "e\u0301", "\u0301", "\u0301" * 500, "c\u0300\u0301\u0302pu",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘", "👩‍👩‍👧‍👦", "👍🏽👍🏿", "🇩🇪🇺🇸🇩", "❤️",
    "1️⃣ cpu usage", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👾🙇💁🙅🙆", "\U0001f9d1\u200d" * 60,
    "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "\udcff", "\ud83d",
    "cpu \udc80 usage", "\uffff\ufffe", "\U0010ffff", "\ue000",
]  # fmt: skip

NUMBERS = [
    "NaN", "nan", "Infinity", "-inf", "1e999", "-1e999", "0x1F", "0b1", "0o7", "1_000", "1,000,00", "1.2.3",
    "--1", "+-1", "1e", "9" * 400, "top " + "9" * 300, "p" + "9" * 300, "last " + "9" * 300 + " days",
    "0." + "0" * 300 + "1", "top ５", "last ٣ days", "over १०", "top ²", "top ½", "top 1e3", "top -0",
    "top 0.5", "over NaN", "over Infinity", "last 1e999 years", "in 99999", "since 0000-00-00", "on 2026-13-45",
    "31/02/2026", "24:60:61", "at 25pm", "every 0 minutes", "9007199254740993", "since -1", "1/0", "p-1",
    "p1000", "99999999th percentile", "0th percentile", "last 99999999999 hours", "in the year 10000",
    "2026-W99", "now-99999999999d", "9999-12-31T23:59:59.999999999999Z", "2026-11-22T10:30:00+99:99", "٢٠٢٦",
    "二十", "M", "over .5.",
]  # fmt: skip

CODE = [
    "__proto__", "constructor", "toString", "null", "None", "undefined", "true", "$where", '{"$gt": ""}', "$ne",
    "$$ROOT", "$value", "host=$where", "host={$ne: 1}", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "%s%s%s%n",
    "%d %x", "%00", "{0}", "{name}", "{", "{}", "f'{x}'", "' OR 1=1 --", "'; DROP TABLE metrics; --",
    '"; db.metrics.drop(); "', "<script>alert(1)</script>", "<!--", "]]>", "&lt;&amp;&#x41;",
    "../../etc/passwd", "/dev/null; cat", "`ls`", "$(ls)", "|| true", "&& false", "C:\\nul", "file:///etc",
    "\\", "\\\\", "\\u0000", "\\x00", "(?:a+)+$", "a" * 200 + "!", "(" * 200, "[" * 200, ")" * 60, "*", "?",
    "**", ".*", "^$", "\\d+", "__class__.__mro__", "() { :; }; echo", "eval(1)", "import os", "@@version",
    "sleep(5)", "=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "//", "/", "///", "#",
]  # fmt: skip

QUOTES = [
    '"', '""', '"""', '"cpu usage', 'cpu usage"', "“", "“”", "“cpu", "‘’", "'", "''", "'s", "’s", '"\0"', '" "',
    '"" ""', '"a" "b', 'host "', 'host ""', 'host " "', 'page "checkout page', 'page “checkout page"',
    "host ''", '"\\""', "`", "´", "„cpu“", "«cpu»",
]  # fmt: skip

SIGNS = [
    "", " ", "\t\n ", ",", ",,,,", ";", ".", "...", "…", "-", "--", "–", "—", "=", "==", "= =", "!=", "<>",
    "<<", ">=", "=<", "≤≥≠", "~", "!", "?!", "host=", "=web-01", "host==", "host:", ":", "::", "host:web-01:",
    "host::web-01", ":web-01", "host=,", "host=web-01,,", ", ,", "( )", "a,b," * 100, "or " * 100, "not " * 100,
    "by " * 100, "and " * 100, "vs " * 60, "last " * 60, "top 5 " * 60, "cpu usage " * 50,
    "host web-01 or " * 30, "1 2 3 4 5 6 7 8 9 " * 20, "- " * 200, "1-" * 200, "monday " * 60, "to " * 100,
    "5" + "s" * 300, "x" * 512, "x " * 256, "x" * 513, "cpu.usage." * 50, "0" * 512, "today " * 80,
    "between and " * 40, "from to " * 60,
]  # fmt: skip

NAUGHTY = list(dict.fromkeys((*CONTROLS, *INVISIBLE, *SCRIPTS, *MARKS, *NUMBERS, *CODE, *QUOTES, *SIGNS)))
