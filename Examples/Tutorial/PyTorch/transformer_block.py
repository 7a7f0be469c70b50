import torch
from self_attention import SelfAttention
from torch import nn


class TransformerBlock(nn.Module):
    def __init__(self, embed_size, heads, dropout, forward_expansion):
        super().__init__()
        self.attention = SelfAttention(embed_size, heads)
        self.norm1 = nn.LayerNorm(embed_size)
        self.norm2 = nn.LayerNorm(embed_size)
        self.feed_forward = nn.Sequential(
            nn.Linear(embed_size, forward_expansion * embed_size),
            nn.ReLU(),
            nn.Linear(forward_expansion * embed_size, embed_size),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, value, key, query, mask):
        x = self.dropout(self.norm1(self.attention(value, key, query, mask) + query))
        return self.dropout(self.norm2(self.feed_forward(x) + x))


row("S89", "Its layers")
torch.manual_seed(89)
block = TransformerBlock(embed_size=8, heads=2, dropout=0.25, forward_expansion=4)
print(block)
print(sum(p.numel() for p in block.parameters()))

row("S89", "In evaluation, each place has mean 0 and spread 1")
sentence = torch.randn(2, 5, 8)
block.eval()
out = block(sentence, sentence, sentence, None)
print(out.shape)
print(out[0, 0])
print(out.mean(dim=2).abs().max().item() < 1e-6)
print(out.std(dim=2, correction=0)[0])

row("S89", "In training, dropout comes after the norms")
block.train()
torch.manual_seed(1)
out = block(sentence, sentence, sentence, None)
print(out[0, 0])
print((out == 0).sum().item(), "of", out.numel(), "are zero")

row("S89", "Gradients reach every parameter")
out.pow(2).sum().backward()
for name, p in block.named_parameters():
    print(f"{name}: {p.grad.norm():.4f}")
