# autointerp
# Writes the tests' tokenizer fixtures: tiny tokenizers of every family and the reference's ids for awkward texts.
# SPDX-License-Identifier: Apache-2.0
"""make_fixtures.py SMOLLM2.gguf FOLDER; the ids are those of Hugging Face `tokenizers`."""
import json
import pathlib
import sys

import families
import varied_text

TEXTS = [
    "", " ", "  ", "a", " a", "a ", "  a  b   ", "Hello, world!", "The capital of France is", "It was 1997.", "x=12345", "1 22 333 4444 55555", "½٣ Ⅷ² １２", "don't we'll I'M YOU'RE",
    "'s 't 're 've 'm 'll 'd 'S 'LL 'Ve", "'\u017f '\u017fx x'\u017f", "''s 'x '", "naïve café", "nai\u0308ve cafe\u0301", "日本語 text", "吾輩は猫である。名前はまだ無い。", "환자의 혈압", "\u1112\u1161\u11ab \uac00\u11a8",
    "\u1113\u1166\u11ac", "השועל המהיר", "الطبيب ٣٫٥", "हृदय रक्त", "ผู้ป่วยมีไข้", "🙂 ok", "👩‍⚕️👨‍👩‍👧‍👦🏳️‍🌈🇩🇪1️⃣", "tab\tand\r\nnewline", "\n", "\n\n", "\n\n 3", "a\n\n\nb", "a\r\n\r\n  b", " \n \n x", "\t\tx\t y\t",
    "\u00a0\u00a0x\u3000 y\u2028z", "a\u200bb\u200dc\ufeff", "\x00", "a\x00b\x01!\x04!\x13!", "\x7f\x80\x9f", "\u0301", "e\u0323\u0302\u0301", "q\u0307\u0323", "\u212b \u2126 \uf900 \u0344", "e\u08d4\u1ab0 a\u1e000\u0301",
    "\U00011dda5 \U000105c9", "\U00050000!!\U00050000!", "\ufffd\uffff\U0010ffff", "▁ ▁a ▁▁", "<|im_start|>user\nhi<|im_end|>\n", "a<|im_end|><|im_end|>b", "<|im_start|", "<s>hi</s>", " <s> hi </s> x", "<unk>", "<think> x </think>  y",
    "him im", "<|begin_of_text|>a<|eot_id|>", "<|endoftext|>", "<0x0A> <0xE2>", "def f(self, x=None):\n    return x[1:] if x else {}\n", "for (int i = 0; i < 10; ++i) {\n\ta[i] += 0x1F;\n}", "###### ---- ====", "!!!???...", " .\n", " .\r\n\r\nx", "…—“”’s",
    "ACAT1-deficiency (β-ketothiolase)", "p53 and BRCA1", "https://a.example.org/b?q=1&h=%20#top", "a" * 100, "=" * 77, " " * 33 + "x", "\n" * 20, "ha" * 60, "一" * 50, "0" * 40, "🙂" * 20, "\u0301" * 40,
    "acgtacgtttagcatcgatcgatgcatgcatcgactagcatcgatgcatgcatgcagctacgatgcatcga",
] + varied_text.PHRASES


def table(tokenizer):
    rows = []
    for text in TEXTS:
        row = {"text": text}
        for key, plain in [("ids", False), ("plain", True)]:
            tokenizer.encode_special_tokens = plain
            row[key] = tokenizer.encode(text, add_special_tokens=False).ids
        if row["plain"] == row["ids"]:
            del row["plain"]
        rows.append(row)
    return rows


def write(path, rows, **more):
    lines = ",\n".join(json.dumps(row) for row in rows)
    extra = "".join(f',\n"{key}": {json.dumps(value)}' for key, value in more.items())
    path.write_text(f'{{"texts": [\n{lines}\n]{extra}}}\n')


def main():
    model, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    training = varied_text.PHRASES * 3 + [text for text in varied_text.lines(1500, 7)[:1500] if len(text) < 200]
    write(folder / "smollm2.ids.json", table(families.from_gguf(model)))
    for name, build in families.FAMILIES.items():
        tokenizer, kind, bos, adds_bos = build(training, 640)
        families.write_folder(folder / name, tokenizer, bos, adds_bos)
        more = {} if isinstance(kind, str) else {"scores": kind}
        write(folder / f"{name}.ids.json", table(tokenizer), **more)
    source = (folder / "llama2/tokenizer.json").read_text()
    for name, tokenizer in [("metaspace-first-split", families.metaspace(source, "first", True)), ("metaspace-always", families.metaspace(source, "always", False)),
                            ("unusual-added-tokens", families.legacy_added(source))]:
        families.write_folder(folder / name, tokenizer, "<s>", True)
        write(folder / f"{name}.ids.json", table(tokenizer))
    for path in folder.glob("*/tokenizer.json"):
        path.write_text(json.dumps(json.loads(path.read_text()), ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
