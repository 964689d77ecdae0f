from .instruction import (
    Expression as Expression,
    HeadTurn as HeadTurn,
    Instruction as Instruction,
    NotUnderstood as NotUnderstood,
)
from .understanding import understand as understand
from .words import plan_words as plan_words
