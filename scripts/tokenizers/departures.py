# autointerp
# Lists how llama.cpp's tokenizer departs from Hugging Face's, each departure as a tokenizer that gives llama.cpp's ids.
# SPDX-License-Identifier: Apache-2.0
"""A departure is a change to a tokenizer.json after which Hugging Face `tokenizers` gives exactly llama.cpp's ids. A
difference that no departure reproduces is unexplained and counts as a failure."""
import json

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers

# Token texts that llama.cpp treats as ends of generation, and so as control tokens, whatever the file says.
ENDS = ["<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>",
        "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>"]
CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
PLAIN_CONTRACTIONS = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
# Letters, digits and marks of Unicode 16 and 17, which llama.cpp's tables of Unicode 15.1 do not know.
NEWER = ("\u088f\u0c5c\u0cdc\u1c89\u1c8a\ua7cb-\ua7cf\ua7d2\ua7d4\ua7da-\ua7dc\ua7f1\U000105c0-\U000105ff\U00010940-\U0001095f"
         "\U00010d40-\U00010d8f\U00010ec2-\U00010ec7\U00011380-\U000113ff\U000116d0-\U000116ff\U00011b60-\U00011b7f"
         "\U00011bc0-\U00011bff\U00011db0-\U00011def\U00013460-\U000143ff\U00016100-\U0001613f\U00016d40-\U00016d7f"
         "\U00016ea0-\U00016edf\U00016ff2-\U00016ff6\U000187f8-\U000187ff\U00018cff\U00018d09-\U00018d1e\U00018d80-\U00018dff"
         "\U0001cc00-\U0001cebf\U0001e5d0-\U0001e5ff\U0001e6c0-\U0001e6ff\U000323b0-\U0003347f")
UNICODE = "A character of Unicode 16 or 17, which llama.cpp does not know: with a private one in its place the two agree."
SEVERAL = "Several of these at once."


def dropped_bytes(data, vocabulary, plain):
    """Bytes without a token are dropped after merging instead of before, so their neighbours are not merged."""
    if data["pre_tokenizer"] is None:
        return None
    missing = [c for c in pre_tokenizers.ByteLevel.alphabet() if c not in vocabulary]
    data["model"]["vocab"].update({c: len(vocabulary) + i for i, c in enumerate(missing)})
    return missing


def long_s(data, vocabulary, plain):
    """'\u017f (with a long s) is not treated as 's, although case folding makes them equal."""
    text = json.dumps(data["pre_tokenizer"])
    changed = text.replace(CONTRACTIONS, PLAIN_CONTRACTIONS)
    data["pre_tokenizer"] = json.loads(changed)
    return changed != text


def detected_ends(data, vocabulary, plain):
    """An ordinary token named like an end of generation is a control token, found where special tokens are parsed."""
    added = {token["content"] for token in data["added_tokens"]}
    ends = [text for text in ENDS if text in vocabulary and text not in added and not plain]
    data["added_tokens"] += [{"id": vocabulary[text], "content": text, "single_word": False, "lstrip": False, "rstrip": False,
                              "normalized": False, "special": True} for text in ends]
    data["added_tokens"].sort(key=lambda token: token["id"])
    return ends


def merged_names(data, vocabulary, plain):
    """SentencePiece-style: merges also make byte tokens by their names, `<0x0A>`, and control tokens by theirs."""
    if data["pre_tokenizer"] is not None or not data["model"].get("byte_fallback"):
        return None
    names = [f"<0x{byte:02X}>" for byte in range(256)] + [token["content"] for token in data["added_tokens"]]
    merges = [[name[:k], name[k:]] for name in names for k in range(1, len(name)) if name[:k] in vocabulary and name[k:] in vocabulary]
    # Their scores are 0, which is the highest.
    data["model"]["merges"] = merges + data["model"]["merges"]
    return merges


class Departures:
    """Returns the departures that can occur with a tokenizer, with special tokens parsed or not."""

    def __init__(self, tokenizer, plain):
        base = json.loads(tokenizer.to_str())
        # Added tokens would change their ids when the vocabulary grows.
        base["model"]["vocab"].update({token["content"]: token["id"] for token in base["added_tokens"]})
        vocabulary = dict(base["model"]["vocab"])
        self.size = len(vocabulary)
        self.candidates = []
        everything = json.loads(json.dumps(base))
        for departure in [dropped_bytes, long_s, detected_ends, merged_names]:
            data = json.loads(json.dumps(base))
            if departure(data, vocabulary, plain):
                departure(everything, vocabulary, plain)
                self.candidates.append((departure.__doc__, self.tokenizer(data, plain)))
        if len(self.candidates) > 1:
            self.candidates.append((SEVERAL, self.tokenizer(everything, plain)))
        self.unknown = normalizers.Replace(Regex(f"[{NEWER}]"), "\ue000")
        self.base = self.tokenizer(base, plain)

    @staticmethod
    def tokenizer(data, plain):
        tokenizer = Tokenizer.from_str(json.dumps(data))
        tokenizer.encode_special_tokens = plain
        return tokenizer

    def encode(self, tokenizer, text):
        return [i for i in tokenizer.encode(text, add_special_tokens=False).ids if i < self.size]

    def reason(self, text, ids, encode):
        """Explains why llama.cpp's `ids` of a text differ from Hugging Face's, or returns None."""
        for why, tokenizer in self.candidates:
            if self.encode(tokenizer, text) == ids:
                return why
        known = self.unknown.normalize_str(text)
        if known == text:
            return None
        ids = encode(known)
        return UNICODE if any(self.encode(t, known) == ids for t in [self.base] + [t for _, t in self.candidates]) else None
