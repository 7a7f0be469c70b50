import Torch
import TorchNN

// Answers of the network, letter after letter. The encoder reads once; the decoder reads what is written so far.
extension Transformer {
  /// The likeliest letter at each step: [texts, letters].
  func greedy(_ src: Tensor) -> Tensor {
    noGrad {
      let srcMask = paddingMask(src, pad: Text.pad), encoded = encoder(src, srcMask)
      var written = Tensor.full([src.size(0), 1], Text.begin)
      for _ in 1..<Text.answer {
        let scores = scores(after: written, encoded, srcMask)
        written = Tensor.cat([written, scores.argmax(dim: 1, keepdim: true)], dim: 1)
      }
      return written
    }
  }

  /// The likeliest of several answers that are written side by side; all texts at once.
  /// - Parameter width: how many answers are kept at each step.
  func beam(_ src: Tensor, width: Int) -> Tensor {
    noGrad {
      let texts = src.size(0), letters = fcOut.outFeatures
      let srcMask = paddingMask(src, pad: Text.pad)
      // Rows: the answers to the first text, to the second...
      let encoded = encoder(src, srcMask).repeatInterleave(repeats: width, dim: 0)
      let mask = srcMask.repeatInterleave(repeats: width, dim: 0)
      var written = Tensor.full([texts * width, 1], Text.begin)
      // Alike at first: only one of them counts.
      var total = Tensor.full([texts, width], -Double.infinity)
      total[0..., 0] = 0
      let firstRow = Tensor.arange(texts).unsqueeze(1) * width
      // What has ended is padded for nothing.
      let padded = Tensor.full([letters], -Double.infinity)
      padded[Text.pad] = 0
      for _ in 1..<Text.answer {
        let last = written[0..., -1], hasEnded = (last .== Text.end).logicalOr(last .== Text.pad).unsqueeze(1)
        let next = Tensor.where(hasEnded, padded, F.logSoftmax(scores(after: written, encoded, mask), dim: 1))
        let all = (total.reshape(-1, 1) + next).reshape(texts, -1)
        let (best, places) = all.topk(k: width, dim: 1)
        total = best
        let rows = (firstRow + places.floorDivide(letters)).reshape(-1)
        written = Tensor.cat(
          [written.indexSelect(dim: 0, index: rows), places.remainder(letters).reshape(-1, 1)], dim: 1)
      }
      return written.reshape(texts, width, -1)[0..., 0]
    }
  }

  /// The scores of the letter behind what is written: [rows, letters].
  private func scores(after written: Tensor, _ encoded: Tensor, _ srcMask: Tensor) -> Tensor {
    fcOut(decoder(written, encoded, srcMask, causalMask(written))[0..., -1])
  }
}
