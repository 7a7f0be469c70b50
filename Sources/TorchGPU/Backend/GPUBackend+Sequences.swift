import TorchBackend

// What has no kernels of its own: recurrent layers go step by step, random numbers are the processor's.

extension GPUBackend {
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
