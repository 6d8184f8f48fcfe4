"""The features of a text against scikit-learn's HashingVectorizer, which makes the same terms."""

from collections.abc import Iterator

from sklearn.feature_extraction.text import HashingVectorizer

from labelloop.local import reuters
from labelloop.local.emulator import ROOT
from labelloop.recipes.text.terms import IDS, NGRAM_SIZES, bags_of
from tests.bench.report import Finding
from tests.bench.timing import ratio

CHARACTERS = 1_000_000
OTHER_SCRIPTS = (
    "Ἀρχὴ σοφίας φόβος Κυρίου, καὶ σύνεσις ἀγαθὴ πᾶσι τοῖς ποιοῦσιν αὐτήν.",
    "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.",
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "كان يا ما كان في قديم الزمان ملك له ثلاثة أبناء 🙂 100 %",
)


def measure() -> Iterator[Finding]:
    """Measure a million characters: news, and a tenth of it other scripts."""
    texts = mixed(CHARACTERS)
    words = HashingVectorizer(n_features=IDS, norm=None, alternate_sign=False, token_pattern=r"\w+")
    sizes = NGRAM_SIZES[0], NGRAM_SIZES[-1]
    ngrams = HashingVectorizer(
        n_features=IDS, norm=None, alternate_sign=False, analyzer="char_wb", ngram_range=sizes
    )

    def theirs() -> None:
        words.transform(texts)
        ngrams.transform(texts)

    found = ratio(lambda: bags_of(texts), theirs)
    yield Finding(
        "features of 1,000,000 characters, of HashingVectorizer's time", found, "times", 3
    )


def mixed(characters: int) -> list[str]:
    """Return texts of so many characters together."""
    news = [document.text for document in reuters.load(ROOT / ".local" / "data", 5_000, 1).pool]
    texts: list[str] = []
    length = 0
    while length < characters:
        number = len(texts)
        text = news[number % len(news)]
        if number % 5 == 0:
            text = " ".join(OTHER_SCRIPTS[(number // 5) % len(OTHER_SCRIPTS)] for _ in range(4))
        texts.append(f"{text} {number}")
        length += len(texts[-1])
    return texts
