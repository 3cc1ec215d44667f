"""The reader as PyTorch has it: BERT with a head for the answer's first and last token, and one for "is it here"."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import torch
from transformers import BertModel, BertPreTrainedModel

from sco_qa import openvino


class SpanModel(BertPreTrainedModel):  # type: ignore[no-untyped-call] # as transformers wants it
    """Three logits: for each token that the answer starts or ends there, and whether there is an answer at all.

    The last, the verifier's, is read off the first token. ``config.verifier_weight`` and ``config.bias`` say how it
    enters the logit of "no answer" (:mod:`sco_qa.training.choose`).
    """

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.qa_outputs = torch.nn.Linear(config.hidden_size, 2)
        self.verifier = torch.nn.Linear(config.hidden_size, 1)
        self.post_init()  # type: ignore[no-untyped-call]

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open what training wrote, or any BERT, whose heads then start at random; for the CPU, in full precision.

        Eager attention: on a CPU the fused one takes four times as long backwards, and exported it gets guards against
        rows without a token. No dropout: a few passes over little data leave nothing to drop.
        """
        opened: Self = cls.from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation="eager",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        return opened

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Give start and end logits ``(batch_size, seq_len)`` and the verifier's ``(batch_size,)``."""
        hidden = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        start, end = self.qa_outputs(hidden).unbind(-1)
        return start, end, self.verifier(hidden[:, 0]).squeeze(-1)


def autocast(device_type: str) -> torch.autocast:
    """Compute in bfloat16 where that is fast: on a graphics card, and on processors that have instructions for it.

    Others only imitate it: on one with AVX2 alone a step of training takes minutes so, and seconds in full precision.
    """
    fast = device_type != "cpu" or openvino.precision() == "bf16"
    return torch.autocast(device_type, torch.bfloat16, enabled=fast)
