from gptcore.evaluation.choice_scores import Accuracy as Accuracy
from gptcore.evaluation.choice_scores import ItemScore as ItemScore
from gptcore.evaluation.choice_scores import accuracy as accuracy
from gptcore.evaluation.choice_scores import multiple_choice as multiple_choice
from gptcore.evaluation.choices_file import MultipleChoiceItem as MultipleChoiceItem
from gptcore.evaluation.choices_file import read_multiple_choice as read_multiple_choice
from gptcore.evaluation.text_loss import TextLoss as TextLoss
from gptcore.evaluation.text_loss import sliding_window_loss as sliding_window_loss
