import TorchBackend

// Families that have no kernels yet: the processor computes them where the user allows it.

extension GPUBackend {
  package func matmul(_ x: Strided, _ y: Strided, bias: Strided?, into out: Strided) {
    onCPU("matmul", reads: [x, y] + (bias.map { [$0] } ?? []), writes: [out]) {
      $0.matmul($1[0], $1[1], bias: bias == nil ? nil : $1[2], into: $2[0])
    }
  }

  package func convolution(_ spec: ConvolutionSpec, _ x: Strided, weight: Strided, bias: Strided?, into out: Strided) {
    onCPU("convolution", reads: [x, weight] + (bias.map { [$0] } ?? []), writes: [out]) {
      $0.convolution(spec, $1[0], weight: $1[1], bias: bias == nil ? nil : $1[2], into: $2[0])
    }
  }

  package func convolutionInputGradient(
    _ spec: ConvolutionSpec, _ gradient: Strided, weight: Strided, into out: Strided
  ) {
    onCPU("the gradient of convolution", reads: [gradient, weight], writes: [out]) {
      $0.convolutionInputGradient(spec, $1[0], weight: $1[1], into: $2[0])
    }
  }

  package func convolutionWeightGradient(
    _ spec: ConvolutionSpec, _ x: Strided, _ gradient: Strided, into weight: Strided, bias: Strided?
  ) {
    onCPU("the gradient of convolution", reads: [x, gradient], writes: [weight] + (bias.map { [$0] } ?? [])) {
      $0.convolutionWeightGradient(spec, $1[0], $1[1], into: $2[0], bias: bias == nil ? nil : $2[1])
    }
  }

  package func maxPool(_ spec: PoolSpec, _ x: Strided, into out: Strided, places: Strided?) {
    onCPU("max_pool", reads: [x], writes: [out] + (places.map { [$0] } ?? [])) {
      $0.maxPool(spec, $1[0], into: $2[0], places: places == nil ? nil : $2[1])
    }
  }

  package func maxPoolGradient(_ spec: PoolSpec?, _ gradient: Strided, places: Strided, into out: Strided) {
    onCPU("the gradient of max_pool", reads: [gradient, places], writes: [out]) {
      $0.maxPoolGradient(spec, $1[0], places: $1[1], into: $2[0])
    }
  }

  package func softmax(_ x: Strided, log: Bool, into out: Strided) {
    onCPU("softmax", reads: [x], writes: [out]) { $0.softmax($1[0], log: log, into: $2[0]) }
  }

  package func softmaxGradient(_ gradient: Strided, output: Strided, log: Bool, into out: Strided) {
    onCPU("the gradient of softmax", reads: [gradient, output], writes: [out]) {
      $0.softmaxGradient($1[0], output: $1[1], log: log, into: $2[0])
    }
  }

  package func layerNorm(
    _ x: Strided, columns: Int, weight: Strided?, bias: Strided?, eps: Double, into out: Strided, mean: Strided,
    scale: Strided
  ) {
    onCPU("layer_norm", reads: [x] + [weight, bias].compactMap { $0 }, writes: [out, mean, scale]) {
      $0.layerNorm(
        $1[0], columns: columns, weight: weight == nil ? nil : $1[1], bias: bias == nil ? nil : $1.last!, eps: eps,
        into: $2[0], mean: $2[1], scale: $2[2])
    }
  }

  package func layerNormGradient(
    _ gradient: Strided, _ x: Strided, columns: Int, mean: Strided, scale: Strided, weight: Strided?,
    into out: Strided?, forWeight: Strided?, forBias: Strided?
  ) {
    let targets = [out, forWeight, forBias]
    onCPU(
      "the gradient of layer_norm", reads: [gradient, x, mean, scale] + [weight].compactMap { $0 },
      writes: targets.compactMap { $0 }
    ) { cpu, reads, writes in
      var left = writes[...]
      let found = targets.map { $0 == nil ? nil : left.removeFirst() }
      cpu.layerNormGradient(
        reads[0], reads[1], columns: columns, mean: reads[2], scale: reads[3], weight: weight == nil ? nil : reads[4],
        into: found[0], forWeight: found[1], forBias: found[2])
    }
  }

  package func rowMoments(_ x: Strided, mean: Strided, spread: Strided) {
    onCPU("moments of rows", reads: [x], writes: [mean, spread]) { $0.rowMoments($1[0], mean: $2[0], spread: $2[1]) }
  }

  package func rowSlopes(_ gradient: Strided, _ x: Strided, mean: Strided, sum: Strided, along: Strided) {
    onCPU("slopes of rows", reads: [gradient, x, mean], writes: [sum, along]) {
      $0.rowSlopes($1[0], $1[1], mean: $1[2], sum: $2[0], along: $2[1])
    }
  }

  package func rowAffine(_ x: Strided, mean: Strided, factor: Strided, shift: Strided, into out: Strided) {
    onCPU("affine rows", reads: [x, mean, factor, shift], writes: [out]) {
      $0.rowAffine($1[0], mean: $1[1], factor: $1[2], shift: $1[3], into: $2[0])
    }
  }

  package func rowCombine(
    _ gradient: Strided, _ x: Strided, mean: Strided, byGradient: Strided, byX: Strided, shift: Strided,
    into out: Strided
  ) {
    onCPU("combined rows", reads: [gradient, x, mean, byGradient, byX, shift], writes: [out]) {
      $0.rowCombine($1[0], $1[1], mean: $1[2], byGradient: $1[3], byX: $1[4], shift: $1[5], into: $2[0])
    }
  }

  package func runsRecurrence(in dtype: DType) -> Bool { false }
  package func recurrence(_ layer: RecurrentPass) { fault("recurrence", "\(name) runs recurrent layers step by step") }
  package func recurrenceGradient(_ layer: RecurrentPass) -> [Range<Int>] {
    fault("recurrence", "\(name) runs recurrent layers step by step")
  }

  package func random(_ draw: RandomDraw, from generator: inout MersenneTwister, into out: Strided) {
    // The draws are the processor's, so that a seed gives the same numbers everywhere.
    let drawn = CPUBackend.shared.allocate(Layout(contiguous: out.shape), dtype: out.dtype)
    CPUBackend.shared.random(draw, from: &generator, into: drawn)
    upload(drawn, into: out)
  }
}
