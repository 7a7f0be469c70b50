import torch
from torch import nn, optim
from torch.optim import lr_scheduler


def optimizer_of(lr):
    """An optimizer over one weight, whose rate is what matters here."""
    weight = nn.Parameter(torch.ones(1))
    weight.grad = torch.ones(1)
    return optim.SGD([weight], lr=lr)


def rates(optimizer, scheduler, epochs):
    """The rate of each epoch."""
    seen = []
    for epoch in range(epochs):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    print(" ".join(f"{rate:.5f}" for rate in seen))


row("S52", "StepLR: a tenth, every so many epochs")
optimizer = optimizer_of(lr=0.1)
rates(optimizer, lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.1), epochs=8)

row("S53", "ReduceLROnPlateau: smaller steps when the loss stays")
optimizer = optimizer_of(lr=0.1)
plateau = lr_scheduler.ReduceLROnPlateau(optimizer, "min", patience=2)
for val_loss in [0.9, 0.7, 0.71, 0.72, 0.7, 0.69, 0.5]:
    optimizer.step()
    plateau.step(val_loss)
    print(f"loss {val_loss:.2f}: next rate {optimizer.param_groups[0]['lr']:.3f}")

row("S54", "Cosine annealing goes down from the first epoch")
optimizer = optimizer_of(lr=0.1)
rates(optimizer, lr_scheduler.CosineAnnealingLR(optimizer, T_max=8), epochs=9)

row("S54", "A true warm-up, then the cosine")
optimizer = optimizer_of(lr=0.1)
warmup = lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=3)
cosine = lr_scheduler.CosineAnnealingLR(optimizer, T_max=6)
rates(optimizer, lr_scheduler.SequentialLR(optimizer, [warmup, cosine], milestones=[3]), epochs=9)

row("S55", "First the optimizer, then the scheduler")
optimizer = optimizer_of(lr=0.1)
rates(optimizer, lr_scheduler.ExponentialLR(optimizer, gamma=0.5), epochs=3)
optimizer = optimizer_of(lr=0.1)
scheduler = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
for epoch in range(3):
    scheduler.step()  # too early: a UserWarning, and the first rate is never used
    print(f"{scheduler.get_last_lr()[0]:.5f}")
    optimizer.step()
