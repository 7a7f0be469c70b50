import torch
from torch import nn


class SelfAttention(nn.Module):
    def __init__(self, embed_size, heads):
        super().__init__()
        self.embed_size, self.heads, self.head_dim = embed_size, heads, embed_size // heads
        assert self.head_dim * heads == embed_size, "Embed size needs to be divisible by heads"
        # All heads share one layer for each of the three.
        self.values = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.keys = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.queries = nn.Linear(self.head_dim, self.head_dim, bias=False)
        self.fc_out = nn.Linear(heads * self.head_dim, embed_size)

    def split(self, x):
        return x.reshape(x.shape[0], x.shape[1], self.heads, self.head_dim)

    def forward(self, values, keys, query, mask):
        v, k, q = self.values(self.split(values)), self.keys(self.split(keys)), self.queries(self.split(query))
        energy = torch.einsum("nqhd,nkhd->nhqk", [q, k])
        if mask is not None:
            energy = energy.masked_fill(mask == 0, -1e20)
        # The paper divides by the root of head_dim; the tutorial takes embed_size.
        attention = torch.softmax(energy / self.embed_size**0.5, dim=3)
        mixed = torch.einsum("nhql,nlhd->nqhd", [attention, v])
        return self.fc_out(mixed.reshape(query.shape))


row("S88", "Its layers")
torch.manual_seed(88)
attention = SelfAttention(embed_size=8, heads=2)
print(attention)

row("S88", "A sequence that attends to itself")
sentence = torch.randn(1, 3, 8)
out = attention(sentence, sentence, sentence, None)
print(out.shape)
print(out.detach())

row("S88", "Queries of another sequence")
question = torch.randn(1, 2, 8)
print(attention(sentence, sentence, question, None).shape)

row("S88", "A mask that hides what comes later")
mask = torch.tril(torch.ones(3, 3))
print(mask)
masked = attention(sentence, sentence, sentence, mask)
changed = torch.cat([sentence[:, :2], torch.zeros(1, 1, 8)], dim=1)
again = attention(changed, changed, changed, mask)
print(torch.equal(masked[:, :2], again[:, :2]), torch.equal(masked[:, 2], again[:, 2]))

row("S88", "Heads that do not divide")
try:
    SelfAttention(embed_size=8, heads=3)
except AssertionError as error:
    print(error)
