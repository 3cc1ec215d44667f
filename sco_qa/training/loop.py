"""The training loop: bfloat16 where it is fast, one process a worker, checkpoints, progress with the time left."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from torch.multiprocessing.spawn import start_processes
from torch.nn import functional

from sco_qa.training.features import Features, batches
from sco_qa.training.model import SpanModel, autocast

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to train."""

    learning_rate: float = 1e-4
    """Falls in a straight line to ``floor`` times itself, after ``warm_up`` steps in which it rises."""
    floor: float = 0.0
    warm_up: int = 20
    budget: int = 5_632
    """Tokens in a batch of one worker, with the padding."""
    minutes: float = float("inf")
    """Time after which training ends, if it has not seen everything before; the learning rate falls accordingly."""
    workers: int = 1
    """Processes that share the work; on a graphics card one."""
    threads: int = 1
    """Threads of a worker. On two busy cores two workers with one thread each are faster than one with two."""
    save_every: float = 300.0
    """Seconds between checkpoints."""
    seed: int = 0


def train(model: SpanModel, features: Features, folder: Path, plan: Plan) -> None:
    """Train ``model`` for one pass over ``features``; the trained one is put in ``folder``.

    Started again with the same arguments after it was cut off, it goes on from its last checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder / "start")
    if plan.workers == 1:
        _Worker(0, features, folder, plan).run()
        return
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29555")
    # or the C library keeps the room of batches of other shapes: a worker grew to 9 GB, so it stays at 1.4
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(2**21))
    start_processes(_run, (features, folder, plan), nprocs=plan.workers, start_method="spawn")  # type: ignore[no-untyped-call]


def _run(rank: int, features: Features, folder: Path, plan: Plan) -> None:
    torch.set_num_threads(plan.threads)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=plan.workers)
    _Worker(rank, features, folder, plan).run()
    torch.distributed.destroy_process_group()


class _Worker:
    """One process: every ``plan.workers``-th batch is its own, and gradients are averaged with the others'."""

    def __init__(self, rank: int, features: Features, folder: Path, plan: Plan) -> None:
        self.rank, self.features, self.folder, self.plan = rank, features, folder, plan
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = SpanModel.open(folder / "start").train()
        self.model.to(self.device)
        self.model.bert.embeddings.word_embeddings.weight.requires_grad_(False)  # too many for so few examples
        self.learned = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.learned, lr=plan.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.done, self.spent = 0, 0.0
        if (folder / CHECKPOINT).exists():
            saved = torch.load(folder / CHECKPOINT, map_location=self.device, weights_only=True)
            self.model.load_state_dict(saved["model"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.done, self.spent = saved["done"], saved["spent"]

    def run(self) -> None:
        """Train to the end of the pass or of the time."""
        plan = self.plan
        planned = batches(self.features.lengths, plan.budget, seed=plan.seed)
        steps = len(planned) // plan.workers
        progress = _Progress(steps)
        saved_at = time.monotonic()
        while self.done < steps and self.spent < 60 * plan.minutes:
            began = time.monotonic()
            chosen = planned[self.done * plan.workers + self.rank]
            rate = self._rate(steps)
            losses = self._step(chosen, rate)
            self.done += 1
            self.spent = self._agreed(self.spent + time.monotonic() - began)
            if self.rank == 0:
                left = 60 * plan.minutes - self.spent
                progress.say(self.done, losses, rate, len(chosen) * plan.workers, left)
                if time.monotonic() - saved_at > plan.save_every:
                    self._save()
                    saved_at = time.monotonic()
        if self.rank == 0:
            self._save()
            self.model.save_pretrained(self.folder)

    def _rate(self, steps: int) -> float:
        plan = self.plan
        left = 1 - max(self.done / steps, self.spent / (60 * plan.minutes))
        return plan.learning_rate * min((self.done + 1) / plan.warm_up, plan.floor + (1 - plan.floor) * left)

    def _step(self, chosen: NDArray[np.int64], rate: float) -> tuple[float, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        span, here = losses(self.model, self.features, chosen)
        (span + here).backward()  # type: ignore[no-untyped-call]
        if self.plan.workers > 1:
            gradients = [p.grad for p in self.learned if p.grad is not None]
            flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
            torch.distributed.all_reduce(flat)
            ends = np.cumsum([0, *(gradient.numel() for gradient in gradients)])
            for gradient, (first, last) in zip(gradients, pairwise(ends), strict=True):
                gradient.copy_((flat[first:last] / self.plan.workers).view_as(gradient))
        torch.nn.utils.clip_grad_norm_(self.learned, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(span.detach()), float(here.detach())

    def _agreed(self, spent: float) -> float:
        """Give the first worker's time, so that all stop at the same step."""
        if self.plan.workers == 1:
            return spent
        shared = torch.tensor(spent, dtype=torch.float64)
        torch.distributed.broadcast(shared, 0)
        return float(shared)

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "done": self.done,
            "spent": self.spent,
        }
        torch.save(state, self.folder / "checkpoint.tmp")
        (self.folder / "checkpoint.tmp").replace(self.folder / CHECKPOINT)


def losses(model: SpanModel, features: Features, chosen: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the losses of a batch: cross-entropy of first and last token, and of whether the answer is here."""
    device = model.device
    width = int(features.lengths[chosen].max())
    ids = np.zeros((len(chosen), width), np.int64)
    mask, kinds = np.zeros_like(ids), np.zeros_like(ids)
    for row, i in enumerate(chosen):
        length, begin = int(features.lengths[i]), int(features.begins[i])
        ids[row, :length] = features.tokens[begin : begin + length]
        mask[row, :length] = 1
        kinds[row, features.second[i] : length] = 1
    attention = torch.from_numpy(mask).to(device)
    with autocast(device.type):
        start, end, verifier = model(torch.from_numpy(ids).to(device), attention, torch.from_numpy(kinds).to(device))
    first, last = (torch.from_numpy(v[chosen].astype(np.int64)).to(device) for v in (features.start, features.end))
    padding = attention == 0
    span = functional.cross_entropy(start.float().masked_fill(padding, -1e4), first, reduction="none")
    span = span + functional.cross_entropy(end.float().masked_fill(padding, -1e4), last, reduction="none")
    here = functional.binary_cross_entropy_with_logits(verifier.float(), (first > 0).float(), reduction="none")
    weight = torch.from_numpy(features.weight[chosen]).to(device)
    weight = weight / weight.sum()
    return (span * weight).sum() / 2, (here * weight).sum()


class _Progress:
    """Says every 20 seconds how it goes, and how long it will still take."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._console = Console(stderr=True, highlight=False)
        self._since, self._seen, self._losses = time.monotonic(), 0, list[tuple[float, float]]()

    def say(self, done: int, losses: tuple[float, float], rate: float, examples: int, seconds_left: float) -> None:
        """Take one step's losses and examples; print them from time to time."""
        self._losses.append(losses)
        self._seen += examples
        passed = time.monotonic() - self._since
        if passed < 20 and done < self._steps:
            return
        span, here = np.mean(self._losses, 0)
        left = min(seconds_left, passed / len(self._losses) * (self._steps - done))
        self._console.print(
            f"step {done} of {self._steps}: span {span:.3f}, answerable {here:.3f}, learning rate {rate:.1e}, "
            f"{self._seen / passed:.1f} examples/s, {left / 60:.1f} min left"
        )
        self._since, self._seen, self._losses = time.monotonic(), 0, []
