# autointerp
# Writes lines of text that are difficult for tokenizers. The same seed gives the same lines.
# SPDX-License-Identifier: Apache-2.0
"""Standard library only. `lines(count, seed)` gives the texts; run as a program it prints them as JSONL."""
import json
import random
import sys

PHRASES = [
    "The nurse checked the patient's blood pressure twice.", "I don't think we'll be there before they've left.",
    "She said: \"It isn't MINE, it's YOURS!\" and he'd agreed.", "Prices rose by 3.75% (from $1,299.00 to $1,347.71).",
    "Der Straßenverkehr wälzte sich über die Brücke, größer als je.", "Les élèves n'étaient pas là où l'on s'y attendait.",
    "¿Cuántos años tenía el niño cuando llegó a España?", "A coração não se manda; amanhã será melhor.",
    "Il caffè è già freddo, perché non l'hai bevuto?", "Zażółć gęślą jaźń, rzekł żółw do źrebięcia.",
    "Příliš žluťoučký kůň úpěl ďábelské ódy.", "Az árvíztűrő tükörfúrógép újra működik.",
    "Işığı söndürüp İstanbul'a gitti, sonra döndü.", "Съешь ещё этих мягких булок да выпей чаю.",
    "Їжак об'їв аґрус, щоб не було зле.", "Η γρήγορη αλεπού πηδά πάνω από τον τεμπέλη σκύλο.",
    "השועל המהיר קפץ מעל הכלב העצל בשנת 1948.", "الطبيب يكتب وصفة للمريض في الساعة ٣٫٥ صباحًا.",
    "این کتاب‌ها را می‌خوانم؛ عدد ۱۲۳ را بنویس.", "हृदय रक्त को पूरे शरीर में पंप करता है। १९४७", "রোগীর জ্বর কমেছে, ধন্যবাদ।",
    "நோயாளிக்கு காய்ச்சல் இல்லை.", "రోగికి జ్వరం తగ్గింది.", "ผู้ป่วยมีไข้สูงมาสามวันแล้ว", "ຄົນເຈັບດີຂຶ້ນແລ້ວ", "လူနာ ပြန်ကောင်းလာပြီ။",
    "ជំងឺនេះអាចព្យាបាលបាន។", "བདེ་སྐྱིད་འདོད་ན་བྱམས་པ་བསྒོམ།", "患者的血压恢复正常了，医生很高兴。", "臺灣的冬天不太冷，溫度約15～20℃。",
    "吾輩は猫である。名前はまだ無い。ｶﾀｶﾅも１２３も。", "환자의 혈압이 정상으로 돌아왔습니다.", "საქართველოს დედაქალაქი თბილისია.", "Հայաստանի մայրաքաղաքը Երևանն է։",
    "የኢትዮጵያ ዋና ከተማ አዲስ አበባ ነው።", "Bệnh nhân đã được chữa khỏi hoàn toàn.", "Tāngata whenua, kia ora koutou.", "ᎣᏏᏲ ᏙᎯᏧ", "ᐃᓄᒃᑎᑐᑦ", "Ünïcödé ïs fün",
]
CODE = [
    "def {a}(self, {b}=None):\n{i}return [{b}[k] for k in range({n}) if k % 2 == 0]\n",
    "for (int {a} = 0; {a} < {n}; ++{a}) {{\n{i}{b}[{a}] += 0x{h}u;\n}}", "#include <{a}.h>\n\nint main(void) {{ return {b}({n}); }}\n",
    "func {a}<T: Sendable>(_ {b}: T) async throws -> [T] {{ [{b}] }} // {n}", "SELECT {a}, COUNT(*) FROM {b} WHERE id >= {n} GROUP BY 1;",
    "<div class=\"{a}\">\r\n{i}<p id='{b}'>&nbsp;{n}</p>\r\n</div>", "{{\"{a}\": [{n}, null, true], \"{b}\": \"\\u00{h}\"}}",
    "$ ls -la ~/{a}/{b}* | grep -v '^#' >> out{n}.txt 2>&1", "\\frac{{{a}}}{{{b}^{{{n}}}}} \\leq \\sum_{{i=1}}^{{\\infty}}", "https://{a}.example.org/{b}?q={n}&h=%{h}#top",
    "let {a}: &'static str = \"{b}\"; // it's {n}'s", "{i}{i}{a} => {b}!(\"{{}}\", {n}),", "@@ -{n},7 +{n},6 @@ {a}", "x_{a} += y__{b}**{n}; ###### ---------- ======",
]
EMOJI = [
    "🙂", "👍🏽", "👩‍⚕️", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🇯🇵🇺🇸", "1️⃣", "#️⃣", "❤️", "☠︎", "🧑🏿‍🤝‍🧑🏻", "🫠", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🀄", "♻", "⌚️", "👁️‍🗨️", "🪿", "🛜",
]
CONTRACTIONS = [
    "'s", "'S", "'t", "'T", "'re", "'Re", "'rE", "'RE", "'ve", "'VE", "'m", "'M", "'ll", "'LL", "'lL", "'d", "'D", "'l", "'r", "'v", "''s", "'ſ",
    "’s", "'sx", "'reX", "'llama", "'", "' s", " 's", "'K", "'é", "'1", "'\n", "`s", "'ß",
]
SPACES = [" ", " ", " ", "\t", "\n", "\r\n", "\r", "\u00a0", "\u3000", "\u2003", "\u2028", "\u2029", "\u0085", "\u000b", "\u000c", "\u202f", "\u1680", "\u205f"]
INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u202e", "\u180e", "\u061c", "\ufe0f", "\ufffd", "\u2581", "\ufffc", "\uffff"]
NUMBERS = ["0", "7", "10", "1997", "12345678901234567890", "3.14159", "1,000,000", "²", "½", "Ⅷ", "①", "٣", "१२३", "๔๕", "〇", "１２", "𝟙𝟚", "𐄇", "0x1F", "1e-5", "00", "٠١", "𞥐"]
SPECIALS = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|begin_of_text|>", "<|eot_id|>", "<s>", "</s>", "<unk>", "<think>", "</think>", "<repo_name>",
            "<|im_", "im_start|>", "<|IM_START|>", "<| im_end |>", "<0x0A>", "<0xE2>", "<|", "|>"]
# Blocks of scripts from which random words are made.
SCRIPTS = [
    (0x61, 0x7A), (0x41, 0x5A), (0xC0, 0x24F), (0x250, 0x2AF), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x587), (0x5D0, 0x5EA), (0x620, 0x6D3), (0x904, 0x97F),
    (0x985, 0x9FE), (0xB85, 0xBD0), (0xE01, 0xE5B), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x137C), (0x1E00, 0x1EFF), (0x3041, 0x30FF), (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3), (0x10400, 0x1044F), (0x1D400, 0x1D7FF), (0x20000, 0x2A6DF), (0xA000, 0xA48C), (0x2100, 0x214F), (0xFB00, 0xFB4F), (0xFF00, 0xFFEF),
]


def scalar(rng):
    """Draws a Unicode scalar from any plane, mostly from the planes in use."""
    while True:
        limit = rng.choice([0x250, 0x2000, 0x10000, 0x20000, 0x33480, 0x110000])
        value = rng.randrange(limit)
        if not 0xD800 <= value < 0xE000:
            return chr(value)


def word(rng, longest=12):
    low, high = rng.choice(SCRIPTS) if rng.random() < 0.5 else SCRIPTS[0]
    return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, longest)))


def sentence(rng):
    return rng.choice(PHRASES)


def mixed(rng):
    parts = [sentence, word, emoji, number, contraction, spaces, control, special, lambda r: r.choice(INVISIBLE), lambda r: r.choice(".,;:!?-—…“”'\"()[]{}<>/\\|@#$%^&*_+=~`")]
    return "".join(rng.choice(parts)(rng) for _ in range(rng.randint(2, 10)))


def emoji(rng):
    return "".join(rng.choice(EMOJI) + rng.choice(["", " ", "", "a", "1"]) for _ in range(rng.randint(1, 5)))


def number(rng):
    return "".join(rng.choice(NUMBERS) + rng.choice(["", "", " ", "-", "a"]) for _ in range(rng.randint(1, 4)))


def contraction(rng):
    return "".join(word(rng, 4) + rng.choice(CONTRACTIONS) + rng.choice(["", " ", "s", "\n"]) for _ in range(rng.randint(1, 4)))


def spaces(rng):
    one = rng.choice(SPACES)
    run = one * rng.choice([1, 2, 3, 4, 8, 15, 40]) if rng.random() < 0.5 else "".join(rng.choice(SPACES) for _ in range(rng.randint(1, 9)))
    return run + rng.choice(["", "x", "1", ".", "é", "'s"])


def control(rng):
    return "".join(chr(rng.choice([rng.randrange(0x20), 0x7F, rng.randrange(0x80, 0xA0)])) + rng.choice(["", "a", "!", " "]) for _ in range(rng.randint(1, 6)))


def special(rng):
    return rng.choice(["", " ", "a"]) + rng.choice(SPECIALS) + rng.choice(["", " ", "\n", "a", "user\n"])


def code(rng):
    names = dict(a=word(rng), b=word(rng, 8), n=rng.randrange(10 ** rng.randint(1, 9)), h=f"{rng.randrange(256):02x}", i=rng.choice(["    ", "\t", "  ", "\t\t", "        "]))
    return "".join(rng.choice(CODE).format(**names) for _ in range(rng.randint(1, 3)))


def long_word(rng):
    length = rng.choice([200, 1000, 3000])
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(["a", "=", "\u4e00", "é", "🙂", "0", "ab", " ", "\n", "-", "\u0301", "ha", "\u2581"]) * length
    if kind == 1:
        low, high = rng.choice(SCRIPTS)
        return "".join(chr(rng.randint(low, high)) for _ in range(length))
    if kind == 2:
        return "".join(rng.choice("acgt") for _ in range(length))
    return "".join(rng.choice("etaoinshrdlu") for _ in range(length))


def combining(rng):
    base = ["e", "a", "A", "o", "ᄀ", "ᄒ", "가", "க", "ก", "1", " ", "s", "Å", "Ω", "ﬁ", "क"]
    marks = [0x300, 0x301, 0x302, 0x303, 0x308, 0x30A, 0x323, 0x327, 0x338, 0x345, 0x1161, 0x11A8, 0xBCD, 0xE31, 0x93C, 0x20E3, 0xFE0F, 0x1D165, 0x0F71, 0x0F72, 0x3099]
    return "".join(rng.choice(base) + "".join(chr(rng.choice(marks)) for _ in range(rng.randint(0, 4))) for _ in range(rng.randint(1, 6)))


def anything(rng):
    return "".join(scalar(rng) for _ in range(rng.randint(1, 24)))


KINDS = [sentence, mixed, mixed, mixed, emoji, number, contraction, spaces, control, special, code, code, combining, anything, anything]


def every_scalar(limit=0x20000, step=24):
    """Makes lines in which each scalar below the limit meets a letter, digit, space, newline, apostrophe and itself."""
    values = [v for v in range(limit) if not 0xD800 <= v < 0xE000]
    for start in range(0, len(values), step):
        yield "".join(f"a{c}b1{c}2 {c}{c}'{c}.{c}\n{c}\n {c} " for c in map(chr, values[start:start + step]))


def lines(count, seed=1):
    """Makes at least `count` texts, including one that covers every scalar of the first two planes."""
    rng = random.Random(seed)
    result = [text for text in CONTRACTIONS + SPACES + INVISIBLE + NUMBERS + SPECIALS + EMOJI + PHRASES]
    result += [long_word(rng) for _ in range(200)]
    while len(result) < count:
        result.append(rng.choice(KINDS)(rng))
    return result + list(every_scalar())


if __name__ == "__main__":
    for text in lines(int(sys.argv[1]) if len(sys.argv) > 1 else 20000):
        print(json.dumps(text))
