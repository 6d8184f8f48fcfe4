"""What recipes about texts share: how texts are read, what models see of them, and the model."""

from typing import Final

# Of features and of the model's artefacts; raise it when either changes its meaning. Further terms
# change none: a version knows those that it learnt.
FORMAT: Final = 2

# Chinese and Japanese write no blanks between words. The nearest to a word is a character of these
# blocks of Unicode, as BERT's tokenizer has it, too.
HAN: Final = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
