# autointerp
# Trains small tokenizers of every supported family, each as tokenizer.json and inside a tiny GGUF model.
# SPDX-License-Identifier: Apache-2.0
"""The vocabularies are trained here; pre-tokenizers and file layouts are exactly those of the published models."""
import json
import pathlib

import gguf
import numpy
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6


def byte_level(use_regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


def split(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False), byte_level(False)])


def train_byte_level(texts, pre_tokenizer, vocabulary_size, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=vocabulary_size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def special(*texts):
    return [AddedToken(text, special=True, normalized=False) for text in texts]


def gpt2(texts, size=3000):
    tokenizer = train_byte_level(texts, byte_level(True), size)
    tokenizer.add_special_tokens(special("<|endoftext|>"))
    return tokenizer, "gpt-2", "<|endoftext|>", False


def smollm(texts, size=3000):
    tokenizer = train_byte_level(texts, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(True)]), size)
    tokenizer.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    return tokenizer, "smollm", "<|im_start|>", False


def llama3(texts, size=3000):
    tokenizer = train_byte_level(texts, split(LLAMA3), size)
    # Word tokens that no merge produces, as a test for `ignore_merges`.
    data = json.loads(tokenizer.to_str())
    data["model"]["merges"] = data["model"]["merges"][:-size // 10]
    data["model"]["ignore_merges"] = True
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.add_special_tokens(special("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"))
    bos = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), processors.TemplateProcessing(
        single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1", special_tokens=[("<|begin_of_text|>", bos)])])
    return tokenizer, "llama-bpe", "<|begin_of_text|>", True


def qwen2(texts, size=3000):
    tokenizer = train_byte_level(texts, split(QWEN2), size)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    tokenizer.add_tokens([AddedToken("<think>", special=False, normalized=False), AddedToken("</think>", special=False, normalized=False)])
    return tokenizer, "qwen2", None, False


def qwen2_with_ends(texts):
    """Has `</s>` as an ordinary token that no merge makes, like the published Qwen vocabularies."""
    plain = json.loads(train_byte_level(texts, split(QWEN2), 3000).to_str())
    plain["model"]["vocab"]["</s>"] = len(plain["model"]["vocab"])
    tokenizer = Tokenizer.from_str(json.dumps(plain))
    tokenizer.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    return tokenizer, "qwen2", None, False


def llama2(texts, size=3000):
    """SentencePiece-style BPE with byte fallback, written like conversions of Llama 2."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    trained.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, show_progress=False, limit_alphabet=size // 4))
    trained = json.loads(trained.to_str())["model"]
    pieces = [p for p, _ in sorted(trained["vocab"].items(), key=lambda x: x[1])]
    fixed = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    # llama.cpp reads a GGUF token only up to a NUL.
    pieces = [p for p in pieces if "\0" not in p]
    single = [p for p in pieces if len(p) == 1]
    longer = [p for p in pieces if len(p) > 1 and not any(f in p for f in fixed)]
    names = fixed + longer + single
    vocabulary = {p: i for i, p in enumerate(names)}
    score = {p: -float(i) for i, p in enumerate(longer)}
    # All ways to make a piece, ordered by the piece's score, like the published conversion.
    merges = [(p[:k], p[k:]) for p in longer for k in range(1, len(p)) if p[:k] in vocabulary and p[k:] in vocabulary]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens(special("<unk>", "<s>", "</s>"))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    scores = [score.get(p, -float(len(longer) + i)) if i > 258 else 0.0 for i, p in enumerate(names)]
    return tokenizer, scores, "<s>", True


FAMILIES = {"gpt2": gpt2, "smollm": smollm, "llama3": llama3, "qwen2": qwen2, "llama2": llama2}


def metaspace(llama2_json, prepend_scheme, with_split):
    """The newer way to write a SentencePiece-style tokenizer: a Metaspace pre-tokenizer instead of a normalizer."""
    data = json.loads(llama2_json)
    data["normalizer"] = None
    data["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": prepend_scheme, "split": with_split}
    return Tokenizer.from_str(json.dumps(data))


def legacy_added(llama2_json):
    """Has added tokens that are normalised, stripped or whole words, which are rare but occur in published files."""
    tokenizer = Tokenizer.from_str(llama2_json)
    tokenizer.add_tokens([AddedToken("<think>", special=False, normalized=True), AddedToken("</think>", lstrip=True, rstrip=True, normalized=False),
                          AddedToken("im", single_word=True, normalized=False)])
    tokenizer.add_special_tokens([AddedToken("<|im_end|>", special=True, rstrip=True, normalized=False), AddedToken("<|eot_id|>", special=True, normalized=True)])
    return tokenizer


def write_folder(folder, tokenizer, bos, adds_bos):
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": bos, "add_bos_token": adds_bos}))


def write_gguf(path, tokenizer, kind, bos, adds_bos):
    """Writes a llama model of one small layer with random weights around the tokenizer, so that llama.cpp loads it.

    `kind` is the name of a pre-tokenizer, or for SentencePiece-style vocabularies the scores.
    """
    data = json.loads(tokenizer.to_str())
    added = {token["id"]: token for token in data["added_tokens"]}
    texts = {i: t for t, i in data["model"]["vocab"].items()} | {i: token["content"] for i, token in added.items()}
    count = len(texts)
    tokens = [texts[i] for i in range(count)]
    types = []
    for i, text in enumerate(tokens):
        if i in added:
            types.append(UNKNOWN if text == "<unk>" else CONTROL if added[i]["special"] else USER_DEFINED)
        else:
            types.append(BYTE if not isinstance(kind, str) and len(text) == 6 and text.startswith("<0x") else NORMAL)
    writer = gguf.GGUFWriter(str(path), "llama")
    width, inner = 32, 32
    writer.add_context_length(65536)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_rope_dimension_count(width)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(count)
    writer.add_tokenizer_model("gpt2" if isinstance(kind, str) else "llama")
    writer.add_tokenizer_pre(kind if isinstance(kind, str) else "default")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if isinstance(kind, str):
        writer.add_token_merges([" ".join(m) if isinstance(m, list) else m for m in data["model"]["merges"]])
    else:
        writer.add_token_scores(kind)
        writer.add_unk_token_id(0)
    if bos is not None:
        writer.add_bos_token_id(tokens.index(bos))
        writer.add_eos_token_id(tokens.index(bos))
    writer.add_add_bos_token(adds_bos)
    rng = numpy.random.default_rng(1)

    def tensor(name, *shape):
        writer.add_tensor(name, rng.normal(0, 0.02, shape).astype(numpy.float32))

    tensor("token_embd.weight", count, width)
    writer.add_tensor("output_norm.weight", numpy.ones(width, numpy.float32))
    for name in ["attn_norm", "ffn_norm"]:
        writer.add_tensor(f"blk.0.{name}.weight", numpy.ones(width, numpy.float32))
    for name in ["attn_q", "attn_k", "attn_v", "attn_output"]:
        tensor(f"blk.0.{name}.weight", width, width)
    for name in ["ffn_gate", "ffn_up"]:
        tensor(f"blk.0.{name}.weight", inner, width)
    tensor("blk.0.ffn_down.weight", width, inner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def from_gguf(path):
    """Converts SmolLM2's byte-level GGUF tokenizer to Hugging Face's form. Its pre-tokenizer is written by hand."""
    fields = gguf.GGUFReader(str(path)).fields

    def strings(key):
        return [bytes(fields[key].parts[i]).decode() for i in fields[key].data]

    tokens = strings("tokenizer.ggml.tokens")
    types = [int(fields["tokenizer.ggml.token_type"].parts[i][0]) for i in fields["tokenizer.ggml.token_type"].data]
    assert strings("tokenizer.ggml.pre") == ["smollm"], "only SmolLM2's pre-tokenizer is known here"
    tokenizer = Tokenizer(models.BPE(
        vocab={t: i for i, t in enumerate(tokens)}, merges=[tuple(m.split(" ")) for m in strings("tokenizer.ggml.merges")]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(True)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special(*[t for t, kind in zip(tokens, types) if kind == CONTROL]))
    return tokenizer


def make(folder, texts):
    """Writes all families. Yields (name, model path, tokenizer, whether llama.cpp can read it)."""
    for name, build in (FAMILIES | {"qwen2 with ends": qwen2_with_ends}).items():
        tokenizer, kind, bos, adds_bos = build(texts)
        write_folder(folder / name, tokenizer, bos, adds_bos)
        path = folder / f"{name}.gguf"
        write_gguf(path, tokenizer, kind, bos, adds_bos)
        yield f"{name}, tokenizer.json", folder / name, tokenizer, None
        yield f"{name}, GGUF", path, tokenizer, path
    source = (folder / "llama2/tokenizer.json").read_text()
    variants = [(f"llama2, Metaspace {scheme}{' split' if with_split else ''}", metaspace(source, scheme, with_split))
                for scheme in ["first", "always", "never"] for with_split in [True, False]]
    variants.append(("llama2, unusual added tokens", legacy_added(source)))
    for name, tokenizer in variants:
        path = folder / name.replace(", ", "-").replace(" ", "-").lower()
        write_folder(path, tokenizer, "<s>", True)
        yield name, path, tokenizer, None
