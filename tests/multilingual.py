"""Texts in twelve scripts, and odd ones."""

import random

SCRIPTS = {
    "Latin with accents": ["café crème à la carte", "Straße über Köln", "e\u0301te\u0301 NAÏVE"],
    "Turkish": ["İstanbul'da IŞIK ılık", "DİYARBAKIR iyi ISPARTA"],
    "Greek": ["ΟΔΥΣΣΕΥΣ ὁ σοφός", "οδυσσευς ΣΊΣΥΦΟΣ"],
    "Cyrillic": ["Съешь же ещё этих мягких", "французских булок"],
    "Hebrew": ["שלום עולם טוב מאוד", "סרט רע"],
    "Arabic": ["مرحبا بالعالم الجميل", "فيلم سيئ جدا"],
    "Devanagari": ["नमस्ते दुनिया अच्छा", "बुरी फिल्म थी"],
    "Thai": ["สวัสดีชาวโลก", "หนังแย่มาก"],
    "Chinese": ["今天天气很好", "这部电影不好看"],
    "Japanese": ["とても良い映画でした", "ﾊﾝｶｸ カタカナ ひらがな"],
    "Korean": ["아주 좋은 영화였습니다", "나쁜 영화"],
    "Emoji": ["🙂👍🏽 good", "👎 👨‍👩‍👧‍👦 ☹️"],
}
ODD = [
    "",
    " ",
    "\n\t",
    "\x00",
    "\ud800",
    "a",
    "=",
    "\u200f\u202eabc",
    "x" * 30_000,
    "né " * 350_000,
]


def texts_of(script: str, count: int, chance: random.Random) -> list[str]:
    """Return texts of words of one script, half of them made up of its letters."""
    words = " ".join(SCRIPTS[script]).split()
    letters = sorted(set("".join(words)))

    def word() -> str:
        if chance.random() < 0.5:
            return chance.choice(words)
        return "".join(chance.choices(letters, k=chance.randint(1, 8)))

    return [" ".join(word() for _ in range(chance.randint(1, 12))) for _ in range(count)]


def scripts_texts(count: int, seed: int = 0) -> list[str]:
    """Return texts of one to four pieces of all scripts, with the odd ones among them."""
    rng = random.Random(seed)
    pieces = [piece for texts in SCRIPTS.values() for piece in texts]
    words = [word for piece in pieces for word in piece.split()]
    mixed = [" ".join(rng.choices(words, k=rng.randint(1, 8))) for _ in range(count - len(ODD))]
    return [*ODD, *mixed]
