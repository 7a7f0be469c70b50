import TorchBackend

// Random numbers are the processor's.

extension GPUBackend {
  package func random(_ draw: RandomDraw, from generator: inout MersenneTwister, into out: Strided) {
    // The draws are the processor's, so that a seed gives the same numbers everywhere.
    let drawn = CPUBackend.shared.allocate(Layout(contiguous: out.shape), dtype: out.dtype)
    CPUBackend.shared.random(draw, from: &generator, into: drawn)
    upload(drawn, into: out)
  }
}
