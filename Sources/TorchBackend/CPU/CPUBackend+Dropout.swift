import CTorchKernels

// Dropout by masks of bytes, in one pass with the activation before it or the sum after it.

extension CPUBackend {
  /// `out = x * mask`, `mask` being `scale` where `keep` (uint8) holds, else 0.
  package func dropout(_ x: Strided, keep: Strided, scale: Float, into out: Strided) {
    run(TK_DROPOUT_plain, x, keep, nil, scale, out)
  }

  /// `out = y + x * mask`.
  package func dropout(_ x: Strided, keep: Strided, scale: Float, addedTo y: Strided, into out: Strided) {
    run(TK_DROPOUT_add, x, keep, y, scale, out)
  }

  /// `out = relu(x) * mask`; `keep` also receives where the relu lets gradients pass.
  package func reluDropout(_ x: Strided, keep: Strided, scale: Float, into out: Strided) {
    run(TK_DROPOUT_relu, x, keep, nil, scale, out)
  }

  /// The gradient of the same.
  package func reluDropoutGradient(_ gradient: Strided, keep: Strided, scale: Float, into out: Strided) {
    run(TK_DROPOUT_reluBackward, gradient, keep, nil, scale, out)
  }

  private func run(
    _ kind: tk_dropout_kind, _ x: Strided, _ keep: Strided, _ y: Strided?, _ scale: Float, _ out: Strided
  ) {
    RowLoop.run(out, x, keep, y ?? x) { n, p, s in
      tk_dropout_f32(
        kind, n, p[0].assumingMemoryBound(to: Float.self), s[0], p[1].assumingMemoryBound(to: Float.self), s[1],
        p[2].assumingMemoryBound(to: UInt8.self), s[2], p[3].assumingMemoryBound(to: Float.self), s[3], scale)
    }
  }
}
