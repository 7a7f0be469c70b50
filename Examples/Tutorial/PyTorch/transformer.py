import torch
from self_attention import SelfAttention
from torch import nn
from transformer_block import TransformerBlock


class Encoder(nn.Module):
    def __init__(
        self, src_vocab_size, embed_size, num_layers, heads, device, forward_expansion, dropout, max_length
    ):
        super().__init__()
        self.device = device
        self.word_embedding = nn.Embedding(src_vocab_size, embed_size)
        self.position_embedding = nn.Embedding(max_length, embed_size)
        self.layers = nn.ModuleList(
            [TransformerBlock(embed_size, heads, dropout, forward_expansion) for _ in range(num_layers)]
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask):
        places = torch.arange(x.shape[1], device=self.device).expand(x.shape)
        x = self.dropout(self.word_embedding(x) + self.position_embedding(places))
        for layer in self.layers:
            x = layer(x, x, x, mask)
        return x


class DecoderBlock(nn.Module):
    def __init__(self, embed_size, heads, forward_expansion, dropout):
        super().__init__()
        self.attention = SelfAttention(embed_size, heads)
        self.norm = nn.LayerNorm(embed_size)
        self.transformer_block = TransformerBlock(embed_size, heads, dropout, forward_expansion)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, value, key, src_mask, trg_mask):
        query = self.dropout(self.norm(self.attention(x, x, x, trg_mask) + x))
        return self.transformer_block(value, key, query, src_mask)


class Decoder(nn.Module):
    def __init__(
        self, trg_vocab_size, embed_size, num_layers, heads, forward_expansion, dropout, device, max_length
    ):
        super().__init__()
        self.device = device
        self.word_embedding = nn.Embedding(trg_vocab_size, embed_size)
        self.position_embedding = nn.Embedding(max_length, embed_size)
        self.layers = nn.ModuleList(
            [DecoderBlock(embed_size, heads, forward_expansion, dropout) for _ in range(num_layers)]
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, enc_out, src_mask, trg_mask):
        places = torch.arange(x.shape[1], device=self.device).expand(x.shape)
        x = self.dropout(self.word_embedding(x) + self.position_embedding(places))
        for layer in self.layers:
            x = layer(x, enc_out, enc_out, src_mask, trg_mask)
        return x


class Transformer(nn.Module):
    def __init__(
        self,
        src_vocab_size,
        trg_vocab_size,
        embed_size=512,
        num_layers=6,
        forward_expansion=4,
        heads=8,
        dropout=0,
        device="cpu",
        max_length=100,
    ):
        super().__init__()
        self.encoder = Encoder(
            src_vocab_size, embed_size, num_layers, heads, device, forward_expansion, dropout, max_length
        )
        self.decoder = Decoder(
            trg_vocab_size, embed_size, num_layers, heads, forward_expansion, dropout, device, max_length
        )
        self.device = device
        self.fc_out = nn.Linear(embed_size, trg_vocab_size)

    def forward(self, src, trg, src_mask, trg_mask):
        enc_src = self.encoder(src, src_mask)
        return self.fc_out(self.decoder(trg, enc_src, src_mask, trg_mask))


def padding_mask(tokens, pad):
    return (tokens != pad).unsqueeze(1).unsqueeze(2)


def causal_mask(tokens):
    length = tokens.shape[1]
    return torch.tril(torch.ones(length, length)).expand(tokens.shape[0], 1, length, length)


row("S91", "The masks, which the caller makes")
pad = 0
src = torch.tensor([[1, 5, 6, 4, 3, 2, 0], [1, 8, 7, 3, 4, 5, 2]])
trg = torch.tensor([[1, 3, 4, 6, 5, 2, 0], [1, 5, 4, 3, 7, 8, 2]])
src_mask = padding_mask(src, pad)
print(src_mask.shape)
print(src_mask[0])
print(causal_mask(trg[:, :4])[0, 0])

row("S91", "The encoder and the decoder")
torch.manual_seed(90)
model = Transformer(10, 10, embed_size=32, num_layers=2, heads=4)
enc = model.encoder(src, src_mask)
print(enc.shape)
dec = model.decoder(trg, enc, src_mask, causal_mask(trg))
print(dec.shape)

row("S90", "The whole")
out = model(src, trg[:, :-1], src_mask, causal_mask(trg[:, :-1]))
print(out.shape)
print(out[0, 0])
print(sum(p.numel() for p in model.parameters()))
print(", ".join(list(model.state_dict())[-2:]))

row("S90", "Its usual size")
full = Transformer(10, 10)
print(sum(p.numel() for p in full.parameters()))

row("S90", "What is padded is not seen, nor what comes later")
with torch.no_grad():
    other = src.clone()
    other[0, 6] = 9  # behind the mask
    unseen = model(other, trg[:, :-1], src_mask, causal_mask(trg[:, :-1]))
    later = trg[:, :-1].clone()
    later[:, 5] = 9
    ahead = model(src, later, src_mask, causal_mask(later))
print(torch.allclose(unseen, out))
print(torch.allclose(ahead[:, :5], out[:, :5]), torch.allclose(ahead[:, 5], out[:, 5]))

row("S90", "It learns to turn the two rows around")
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
criterion = nn.CrossEntropyLoss(ignore_index=pad)
for step in range(1, 41):
    scores = model(src, trg[:, :-1], src_mask, causal_mask(trg[:, :-1]))
    loss = criterion(scores.reshape(-1, 10), trg[:, 1:].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(f"step {step}: loss {loss.item():.3f}")

row("S90", "Greedy decoding, one token at a time")
answer = torch.full((2, 1), 1)
for _ in range(6):
    scores = model(src, answer, src_mask, causal_mask(answer))
    answer = torch.cat([answer, scores[:, -1].argmax(dim=1, keepdim=True)], dim=1)
print(answer)
