import CTorchConv

// Convolutions of float32 on the processor's matrix unit, where there is one and it is quicker.

extension CPUBackend {
  /// What one of a convolution's three products wants to know, or nil where it goes another way. Operands lie row-major or
  /// channels last. A backend of one way to compute convolutions has no other.
  func matrixUnitConvolution(
    _ purpose: cu_conv_purpose, _ spec: ConvolutionSpec, input: Strided, weight: Strided, output: Strided
  ) -> cu_conv_desc? {
    let rank = spec.stride.count
    guard !plainOnly, forcedTile == nil, input.dtype == .float32, spec.groups == 1, rank <= 2,
      Swift.min(input.count, output.count) > 0, backends.cpu.matrixUnits
    else { return nil }
    var desc = cu_conv_desc()
    desc.batch = Int64(input.shape[0])
    desc.in_channels = Int64(input.shape[1])
    desc.out_channels = Int64(output.shape[1])
    // A line is a picture of one row.
    func pair(_ sizes: some RandomAccessCollection<Int>, _ missing: Int) -> (Int64, Int64) {
      let last = Int64(sizes.last!)
      return rank == 2 ? (Int64(sizes.first!), last) : (Int64(missing), last)
    }
    desc.input = pair(input.shape.dropFirst(2), 1)
    desc.kernel = pair(weight.shape.dropFirst(2), 1)
    desc.output = pair(output.shape.dropFirst(2), 1)
    desc.stride = pair(spec.stride, 1)
    desc.dilation = pair(spec.dilation, 1)
    desc.padding = pair(spec.padding, 0)
    desc.input_channels_last = input.isContiguous ? 0 : 1
    desc.output_channels_last = output.isContiguous ? 0 : 1
    return cu_conv_suits(&desc, purpose) ? desc : nil
  }

  /// False: there are infinite numbers, or no memory.
  func convolution(
    onUnit desc: cu_conv_desc, _ spec: ConvolutionSpec, _ x: Strided, weight: Strided, _ ending: ConvolutionEnding,
    into out: Strided
  ) -> Bool {
    var desc = desc
    if spec.isInference {
      guard let packed = packedWeights(weight, desc) else { return false }
      return withExtendedLifetime((packed, ending)) {
        cu_conv_forward(&desc, x.of(Float.self), nil, packed.base, ending.forUnit, out.of(Float.self)) == CU_DONE
      }
    }
    let kernel = contiguous(weight)
    return withExtendedLifetime((kernel, ending)) {
      cu_conv_forward(
        &desc, x.of(Float.self), kernel.of(Float.self), nil, ending.forUnit, out.of(Float.self)) == CU_DONE
    }
  }

  /// Weights as the unit multiplies them, kept beside the weights until these change; nil where some are infinite.
  private func packedWeights(_ weight: Strided, _ desc: cu_conv_desc) -> Storage? {
    let key = DerivedKey(
      .unitWeights, [weight.layout.offset] + Array(weight.shape) + Array(weight.layout.strides))
    return weight.storage.derived(key) { () -> Storage? in
      var desc = desc
      let kernel = contiguous(weight), made = Storage.cpu(byteCount: cu_packed_bytes(&desc))
      return withExtendedLifetime(kernel) {
        cu_pack_weights(&desc, kernel.of(Float.self), made.base) == CU_DONE ? made : nil
      }
    }
  }
}
