# autointerp
# Compares `autointerp tokenize` with Hugging Face tokenizers and llama.cpp, token for token.
# SPDX-License-Identifier: Apache-2.0
"""scripts/check-tokenizers runs this and makes its environment.

Every tokenizer encodes all texts with our binary, with Hugging Face `tokenizers` and, if there is a GGUF, with llama.cpp.
Our ids must equal Hugging Face's on every text, with special tokens parsed or not. llama.cpp's ids must equal ours too,
except for known departures (departures.py), which must be reproduced id for id.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import departures
import families
import varied_text


class LlamaCpp:
    """llama.cpp's tokenizer, through the HTTP server of xllamacpp."""

    def __init__(self, path):
        import xllamacpp
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = 64
        parameters.warmup = False
        parameters.verbosity = -1
        self.server = xllamacpp.Server(parameters)
        self.address = self.server.listening_address + "/tokenize"

    def encode(self, text, parses_special):
        body = json.dumps({"content": text, "add_special": False, "parse_special": parses_special}).encode()
        request = urllib.request.Request(self.address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["tokens"]


def ours(binary, model, inputs, plain):
    command = [binary, "tokenize", "--no-boundaries", "--model", str(model), "--input", str(inputs)] + ["--plain"] * plain
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{result.stderr}")
    return [json.loads(line)["ids"] for line in result.stdout.splitlines()]


def compare(name, model, tokenizer, gguf_path, binary, texts, inputs, plain):
    tokenizer.encode_special_tokens = plain
    expected = [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]
    found = ours(binary, model, inputs, plain)
    normalizes = gguf_path is not None and tokenizer.normalizer is not None and "NFC" in str(tokenizer.normalizer)
    if normalizes:
        # A GGUF file stores no normalizer, so compare with Hugging Face without one.
        tokenizer = families.Tokenizer.from_str(tokenizer.to_str())
        tokenizer.normalizer = None
        tokenizer.encode_special_tokens = plain
        expected = [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]
    if not len(found) == len(expected) == len(texts):
        sys.exit(f"{name}: {len(texts)} texts, but {len(found)} lines of ids")
    failures = [i for i, (a, b) in enumerate(zip(found, expected)) if a != b]
    label = f"{name}{', special tokens as text' if plain else ''}"
    print(f"{label}: {len(texts)} texts, {sum(map(len, found))} tokens, {len(failures)} differ from Hugging Face" + (" (without NFC)" if normalizes else ""))
    for i in failures[:5]:
        at = next((k for k, (a, b) in enumerate(zip(found[i], expected[i])) if a != b), min(len(found[i]), len(expected[i])))
        print(f"  text {i} {ascii(texts[i])[:200]}\n    token {at}: ours {found[i][max(0, at - 2):at + 6]} expected {expected[i][max(0, at - 2):at + 6]}")
    return found, tokenizer, len(failures)


def compare_llama_cpp(server, tokenizer, texts, found, plain):
    """Returns the number of texts on which llama.cpp differs from us for no known reason."""
    known = departures.Departures(tokenizer, plain)

    def encode(text):
        return server.encode(text, not plain)

    others = [encode(text) for text in texts]
    different = [i for i in range(len(texts)) if others[i] != found[i]]
    reasons = {}
    for i in different:
        reasons.setdefault(known.reason(texts[i], others[i], encode), []).append(i)
    unexplained = reasons.pop(None, [])
    print(f"  llama.cpp: equal on {len(texts) - len(different)} texts, {len(unexplained)} differ from it for no known reason")
    for why, numbers in sorted(reasons.items()) + [("UNEXPLAINED", [i]) for i in unexplained[:5]]:
        i = min(numbers, key=lambda n: len(texts[n]))
        print(f"    {len(numbers)}: {why}\n      {ascii(texts[i])[:120]}: llama.cpp {others[i][:12]} ours {found[i][:12]}")
    return len(unexplained)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--model", required=True, help="SmolLM2's GGUF file")
    parser.add_argument("--lines", type=int, default=22000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only tokenizers whose name contains this")
    arguments = parser.parse_args()

    texts = varied_text.lines(arguments.lines, arguments.seed)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        inputs = folder / "texts.jsonl"
        inputs.write_text("".join(json.dumps(text) + "\n" for text in texts))
        training = varied_text.lines(6000, arguments.seed + 1)[:6000]
        candidates = [("SmolLM2, GGUF", pathlib.Path(arguments.model), families.from_gguf(arguments.model), pathlib.Path(arguments.model))]
        candidates += families.make(folder, training)
        candidates = [candidate for candidate in candidates if arguments.only in candidate[0]]
        if not candidates:
            sys.exit(f"no tokenizer is called so: {arguments.only}")
        for name, model, tokenizer, gguf_path in candidates:
            server = LlamaCpp(gguf_path) if gguf_path else None
            for plain in [False, True]:
                found, reference, different = compare(name, model, tokenizer, gguf_path, arguments.binary, texts, inputs, plain)
                failures += different
                if server:
                    failures += compare_llama_cpp(server, reference, texts, found, plain)
            del server
    print("all equal" if failures == 0 else f"{failures} differences")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
