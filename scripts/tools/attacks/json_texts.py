"""JSON: what RFC 8259 has no rule for must be refused on every route, and what it has one for must be read.

The texts go rule by rule through its grammar: structure (section 2), literals (3), objects (4), arrays (5),
numbers (6), strings (7), and the encoding (8.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tools.attacks.api import connect, operations, problem
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

_NO_NUMBERS = (
    b"+1 - -- -+1 +-1 1+ 1- .5 -.5 1. -1. 1.e1 .e1 1e 1E 1e+ 1e- 1e++1 1e1.5 1e1e1 1.2.3 01 -01 00 -00 012 0x1 0X1F "
    b"0b1 "
    b"0o7 1_000 1'000 NaN nan -NaN Infinity -Infinity +Infinity Inf inf -inf 1f 1L 1n 1/2 1% $1 1e1000000x #1 (1) --1 "
    b"0.0.0 1..2 9e 0e 0e+ -e1 2.e3 2.e+3 2.e-3 0.e1 -1x 1a 1.0a 1ea 0xCAFE \xef\xbc\x91 \xd9\xa1 1\xc2\xa0 1\x00 "
    b"1\x0c "
    b"1e400 -1e400 1.8e308"
).split(b" ")
_NO_STRINGS = [
    *(b'"a' + bytes([code]) + b'b"' for code in range(32)),
    *(b'"\\' + bytes([code]) + b'"' for code in b"0123456789acdeghijklmopqsvwxyzABCU'` \n\x00&(<"),
    b'"\\u"', b'"\\u1"', b'"\\u12"', b'"\\u123"', b'"\\u123g"', b'"\\u 123"', b'"\\u{61}"', b'"\\uD8"', b'"\\U0061"',
    b'"\\x61"', b'"\\', b'"\\"', b'"', b'"a', b'a"', b"'a'", b"`a`", b'"""', b'"a""b"', b'"a" "b"', b"a", b"\\u0061",
    b'"\\ud800"', b'"\\udc00"', b'"\\ud800\\ud800"', b'"\\udc00\\ud800"', b'"\\ud800a"', b'"\\ud800\\n"',
    b'"\\ud800\\u0061"', b'"\xed\xa0\x80"', b'"\xed\xb0\x80"', b'"\xed\xa0\x80\xed\xb0\x80"', b'"\xff"', b'"\xfe"',
    b'"\x80"', b'"\xbf"', b'"\xc0\x80"', b'"\xc0\xaf"', b'"\xc1\xbf"', b'"\xe0\x80\xaf"', b'"\xe0\x9f\xbf"',
    b'"\xf0\x80\x80\xaf"', b'"\xf0\x8f\xbf\xbf"', b'"\xf4\x90\x80\x80"', b'"\xf5\x80\x80\x80"',
    b'"\xf8\x88\x80\x80\x80"',
    b'"\xc3"', b'"\xc3("', b'"\xe2\x82"', b'"\xe2(\xa1"', b'"\xf0\x9f\x98"', b'"\xf0(\x8c\xbc"', b'"caf\xe9"',
]  # fmt: skip
_NO_LITERALS = (
    b"True TRUE tru truee t False FALSE fals falsee Null NULL nul nulll n None undefined yes no on nil NIL trueFalse "
    b"nullnull true1 \xef\xbd\x94rue"
).split(b" ")
_NO_ARRAYS = [
    b"[", b"]", b"[1", b"1]", b"[1,", b"[1,]", b"[,1]", b"[,]", b"[1,,2]", b"[1 2]", b"[1;2]", b"[1:2]", b"[1\n2]",
    b"[[1]", b"[1]]", b"[1}", b"{1]", b"(1)", b"[1)", b"[\x0c1]", b"[\x0b1]", b"[1,\x001]", b"[\xc2\xa01]",
    b"[1\xe2\x80\xa8]",
    b"[*]", b"[a]", b"[...]", b"[1,...]", b'["a",', b'["a"', b'["a",\n4\n,1,', b'["x"', b"[][]", b"[],[]", b"[]x",
    b"[1]#", b"[1]//a", b"[1]/*a*/", b"/*a*/[1]", b"[/*a*/1]", b"[#a\n1]", b"[true, fals", b"[\\]", b"[-]", b'[""],',
]  # fmt: skip
_NO_OBJECTS = [
    b"{", b"}", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a":1,}', b'{,"a":1}', b'{"a":1,,"b":2}', b'{"a" 1}',
    b'{"a",1}', b'{"a"=1}', b'{"a"=>1}', b'{"a"::1}', b'{"a":1:2}', b'{"a":1 "b":2}', b'{"a":1;"b":2}', b"{a:1}",
    b"{'a':1}", b"{1:1}", b"{null:1}", b"{true:1}", b"{[]:1}", b"{:1}", b'{"a":}', b'{"a":,}', b'{"a"}', b'{"a":1]',
    b'{"a":1}}', b'{"a":1}{}', b'{"a":1},{}', b'{"a":1}x', b'{"a":1}#', b'{"a":1}//', b'{"a":1}/**/', b'{"a":/**/1}',
    b'{"a":1/*', b'{"a":"b"}/', b'{"\xff":1}', b'{"\\ud800":1}', b'{"a\x00":1}', b'{"a":1 \x00}', b'{"a":1}\x00',
    b"{{}}",
    b'{"a":{}', b'{"a":[}', b'{"a":1\x0c}', b"{...}", b'{"a":1,...}', b'{"a":\xc2\xa01}', b'{"a":1}\xef\xbb\xbf',
]  # fmt: skip
_NO_TEXTS = [
    b"", b" ", b"\n", b"\t \r\n", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xef\xbb\xbf{}", b"\xef\xbb\xbf[]",
    b"\xef\xbb{}",
    b"<a/>", b"a=1", b"---\na: 1", b"//", b"/**/", b"#", b"*", b"&", b"1 2", b"null null", b"{} {}", b'"a"x', b",",
    b":",
    b"\x0c{}", b"\xc2\xa0{}", b"\xe2\x81\xa0{}", b"\xe2\x80\x8b{}", b"\xe3\x80\x80{}", b"{}\xe2\x81\xa0", b"{}\x0c",
    b"{}\x00", b"\\u007b\\u007d", b")]}',\n{}", b"while(1);{}", b"callback({})", b"\x1e{}", b"\x1f\x8b\x08\x00",
    *('{"a":1}'.encode(coding) for coding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig")),
    b"[" * 100_000, b'{"a":' * 100_000, b"[" * 33 + b"]" * 33, b'[{"a":' * 50_000, b"[" * 500 + b"]" * 500,
    b'{"a":' * 40 + b"1" + b"}" * 40, b"[" * 100_000 + b"]" * 100_000,
]  # fmt: skip

REFUSED: Final[list[bytes]] = list(
    dict.fromkeys(
        [
            *_NO_TEXTS,
            *_NO_ARRAYS,
            *_NO_OBJECTS,
            *(
                form % text
                for text in (*_NO_NUMBERS, *_NO_STRINGS, *_NO_LITERALS)
                for form in (b"%s", b"[%s]", b'{"a":%s}')
            ),
        ]
    )
)

NUMBERS: Final = (
    b"0 -0 1 -1 9 10 1234567890 0.0 -0.0 0.5 1.5 -1.5 0.1e1 1e0 1E0 1e1 1E1 1e+1 1E+1 1e-1 1E-1 1.5e3 1.5E-3 0e0 0e+1 "
    b"0e-1 -0e1 1e00 1e01 1e-01 123.456e78 123.456e-78 1e308 -1e308 1.7976931348623157e307 5e-324 1e-400 "
    b"0.1234567890123456789 "
    b"9007199254740993 18446744073709551616 -9223372036854775809 123123e-10000000 100000000000000000000000000000"
).split(b" ")
STRINGS: Final[dict[bytes, str]] = {
    b'"k:a"': "k:a",
    b'"k:\\u0061"': "k:a",
    b'"\\u006B\\u003a\\u0061"': "k:a",
    b'"k:\\"\\\\\\/"': 'k:"\\/',
    b'"k:/"': "k:/",
    b'"k:\xc3\xa9"': "k:é",
    b'"k:\\u00e9"': "k:é",
    b'"k:\\u00E9"': "k:é",
    b'"k:\xf0\x9f\x98\x80"': "k:\U0001f600",
    b'"k:\\ud83d\\ude00"': "k:\U0001f600",
    b'"k:\\uD83D\\uDE00"': "k:\U0001f600",
    b'"k:\xe2\x82\xac"': "k:€",
    b'"k:\xef\xbf\xbd"': "k:\ufffd",
    b'"k:\xef\xbf\xbf"': "k:\uffff",
    b'"k:\\uFFFF"': "k:\uffff",
    b'"k:\xf4\x8f\xbf\xbf"': "k:\U0010ffff",
    b'"k:\\udbff\\udfff"': "k:\U0010ffff",
    b'"k:\\u005b\\u007b\\u0022"': 'k:[{"',
    b'"k:\xe2\x80\xa8x"': "k:\u2028x",
    b'"k:\xef\xbb\xbfx"': "k:\ufeffx",
    b'"k:a/*b*/"': "k:a/*b*/",
    b'"k:\\\\u0000"': "k:\\u0000",
    b'"k:null"': "k:null",
    b'"k:$where"': "k:$where",
}
LAYOUTS: Final = (
    b'{"name":"a","value":1}', b' {"name":"a","value":1}', b'{"name":"a","value":1} ',
    b'\t\r\n{"name":"a","value":1}\n\t\r ',
    b'{ "name" : "a" , "value" : 1 }', b'{\n\t"name"\r\n:\t"a"\n,\r"value"\t:\n1\r}', b'{"n\\u0061me":"a","value":1}',
    b'{"name":"a","value":1,"tags":[]}', b'{"name":"a","value":1,"tags":{}}', b'{"name":"a","value":1,"tags":[ ]}',
)  # fmt: skip
VALUES: Final = [
    *(
        b'null true false 0 -1 1.5 1e1 [] [[]] [[],[]] [null] [1,2] [1,null,true] {} [{}] "" "a" "\\u0000" "\\"" {"":0}'
        b' {"a":{}} {"a":[]} {"\\u0000":0} {"a":null} [1e1,-0,0.5] {"a":1,"a":2} {"__proto__":1}'
    ).split(b" "),
    b"[" * 32 + b"]" * 32,
    b" [ ] ",
    b"\n{\r}\t",
]


def refused(client: httpx.Client, texts: Sequence[bytes]) -> tuple[int, list[str]]:
    """Send what must be refused to every route with a JSON body: the count, and each that was not as it must be."""
    places = [each for each in operations(client) if each.has_body]
    faults = []
    for place in places:
        for text in texts:
            answer = client.request(place.method, place.url(), content=text)
            if why := problem(answer) or ("" if answer.status_code == 400 else f"{answer.status_code}, not 400"):
                faults.append(f"{place.method} {place.path} {text[:40]!r}: {why}")
    return len(places) * len(texts), faults


def accepted(client: httpx.Client) -> tuple[int, list[str]]:
    """Send all that must be read: as numbers, strings and whole metrics that are stored; and values to every route."""
    faults = []
    bodies = dict.fromkeys(LAYOUTS)
    bodies |= {b'{"name":"a","value":%s}' % text: float(text) for text in NUMBERS}
    bodies |= {b'{"name":"a","value":1,"tags":[%s]}' % text: tag for text, tag in STRINGS.items()}
    for body, expected in bodies.items():
        answer = client.post("/metrics", content=body)
        if answer.status_code != 201:
            faults.append(f"{body!r}: {answer.status_code} {answer.text[:80]}")
        elif expected is not None:
            stored = client.get(answer.headers["Location"]).json()
            if expected not in (stored["value"], *stored["tags"]):
                faults.append(f"{body!r}: {stored}")
    places = [each for each in operations(client) if each.has_body]
    for place in places:
        for text in VALUES:
            answer = client.request(place.method, place.url(), content=text)
            if answer.status_code >= 500 or "not valid JSON" in answer.text:
                faults.append(f"{place.method} {place.path} {text!r}: {answer.status_code} {answer.text[:80]}")
    return len(bodies) + len(places) * len(VALUES), faults


def run(count: int) -> Outcome:
    """So many of the texts that must be refused, evenly spread; and all that must be read."""
    texts = REFUSED[:: max(1, len(REFUSED) // count)]
    with Ground() as ground, connect(ground.serve(RATE_LIMIT="0")) as client:
        done, faults = refused(client, texts)
        more, others = accepted(client)
    return Outcome(
        done + more, [*faults, *others], 0, f"{len(texts)} texts that are no JSON on every route with a body"
    )


ROW = Row(
    "json", "what is JSON and what is not, on every route", "every one right, no 5xx", "bodies", 200, len(REFUSED), run
)
