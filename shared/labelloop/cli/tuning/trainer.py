"""Fine-tune a BERT on labelled texts: a program for a Python with torch, not for import.

    python trainer.py JOB.json

JOB.json: {"model": folder, "seed", "threads", "settings", "runs": [{"texts", "labels", "to"}]}.
Each run starts from the model's own weights, and writes model.safetensors into its folder `to`. On
stdout comes a line of JSON after each batch: {"done": batches, "of": batches of all runs}.

The loss is supervised contrastive (Khosla et al. 2020): each text of a batch shall be closer to
those of its label than to the others. SetFit (Tunstall et al. 2022) draws pairs one by one, and
encodes a text for each of its pairs; here it is encoded once for all pairs of a batch.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

TOGETHER = 8  # texts of about one length that are encoded together: less is padded
TEMPERATURE = 0.1
WARM_UP = 0.1  # of the steps


def main(path: Path) -> None:
    """Do all runs of a job."""
    job = json.loads(path.read_text())
    torch.set_num_threads(job["threads"])
    torch.use_deterministic_algorithms(True)
    steps = job["settings"]["steps"]
    for number, run in enumerate(job["runs"]):
        torch.manual_seed(job["seed"])
        model = tuned(run, job, number * steps, len(job["runs"]) * steps)
        weights = {name: one.contiguous() for name, one in model.state_dict().items()}
        save_file(weights, Path(run["to"], "model.safetensors"))


def batches(run: dict[str, Any], job: dict[str, Any]) -> list[list[int]]:
    """Return the rows of each batch: all texts in an order drawn anew, again and again."""
    settings, draw = job["settings"], random.Random(job["seed"])  # noqa: S311 - no secret
    rows, size = list(range(len(run["texts"]))), settings["batch"]
    drawn: list[int] = []
    while len(drawn) < size * settings["steps"]:
        draw.shuffle(rows)
        drawn += rows
    return [drawn[size * step : size * (step + 1)] for step in range(settings["steps"])]


def tuned(run: dict[str, Any], job: dict[str, Any], before: int, of: int) -> torch.nn.Module:
    """Return the model, fine-tuned to a run's labels."""
    settings = job["settings"]
    tokenizer = AutoTokenizer.from_pretrained(job["model"], local_files_only=True)
    model = AutoModel.from_pretrained(
        job["model"], use_safetensors=True, local_files_only=True, dtype=torch.float32
    )
    blocks = model.encoder.layer
    for part in (model.embeddings, *blocks[: int(settings["frozen"] * len(blocks))]):
        part.requires_grad_(False)
    model.train()
    weights = [one for one in model.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=settings["rate"], weight_decay=0.01)
    labels = torch.tensor([sorted(set(run["labels"])).index(label) for label in run["labels"]])
    steps = batches(run, job)
    warm = max(1, int(WARM_UP * len(steps)))
    pace = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, (len(steps) - step) / len(steps))
    )
    for step, rows in enumerate(steps, 1):
        rows = sorted(rows, key=lambda row: len(run["texts"][row]))
        parts = [rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)]
        fed = (
            tokenizer(
                [run["texts"][row] for row in part],
                padding=True,
                truncation=True,
                max_length=settings["max_tokens"],
                return_tensors="pt",
            )
            for part in parts
        )
        loss = contrast(torch.cat([vectors(model, one) for one in fed]), labels[rows])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        pace.step()
        print(json.dumps({"done": before + step, "of": of}), flush=True)
    return model


def vectors(model: torch.nn.Module, fed: Any) -> torch.Tensor:
    """Return the mean of each text's tokens, scaled to length 1, shape (texts, dimensions)."""
    states = model(**fed).last_hidden_state
    is_token = fed["attention_mask"].unsqueeze(-1).to(states.dtype)
    means = (states * is_token).sum(1) / is_token.sum(1)
    return torch.nn.functional.normalize(means, dim=-1)


def contrast(vectors: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return how far texts are from those of their label, against all others of the batch."""
    is_other = ~torch.eye(len(labels), dtype=torch.bool)
    is_same = (labels[:, None] == labels[None, :]) & is_other
    cosines = (vectors @ vectors.T / TEMPERATURE).masked_fill(~is_other, -1e9)
    likely = torch.log_softmax(cosines, dim=1)
    count = is_same.sum(1)
    means = (likely * is_same).sum(1)[count > 0] / count[count > 0]
    return -means.sum() / len(labels)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
