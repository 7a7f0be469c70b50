// Matrix products, convolutions, pools: filled in below over oneDNN with plain loops behind.
extension CPUBackend {
  package func matmul(_ x: Strided, _ y: Strided, bias: Strided?, into out: Strided) { fatalError() }
  package func convolution(_ spec: ConvolutionSpec, _ x: Strided, weight: Strided, bias: Strided?, into out: Strided) { fatalError() }
  package func convolutionInputGradient(_ spec: ConvolutionSpec, _ gradient: Strided, weight: Strided, into out: Strided) { fatalError() }
  package func convolutionWeightGradient(
    _ spec: ConvolutionSpec, _ x: Strided, _ gradient: Strided, into weight: Strided, bias: Strided?) { fatalError() }
  package func maxPool(_ spec: PoolSpec, _ x: Strided, into out: Strided, indices: Strided) { fatalError() }
  package func maxPoolGradient(_ spec: PoolSpec, _ gradient: Strided, indices: Strided, into out: Strided) { fatalError() }
  package func softmax(_ x: Strided, log: Bool, into out: Strided) { fatalError() }
  package func softmaxGradient(_ gradient: Strided, output: Strided, log: Bool, into out: Strided) { fatalError() }
  package func random(_ draw: RandomDraw, from generator: inout MersenneTwister, into out: Strided) { fatalError() }
}
