import CTorchConv
import CTorchKernels
import Foundation
import Testing
import TorchBackend

/// Convolutions by tiles against direct sums in double precision.
@Suite struct WinogradTests {
  @Test(arguments: 0...2) func randomShapes(_ level: Int) async { await inChild(level, .tiles) }

  /// No algorithm that is chosen by itself may have more than four times the error of oneDNN's direct sums.
  @Test(arguments: [
    [2, 64, 64, 32], [2, 64, 128, 16], [8, 64, 128, 16], [8, 128, 128, 16], [32, 128, 256, 8], [32, 256, 256, 8],
    [1, 64, 64, 56], [2, 128, 128, 28], [8, 256, 256, 14], [8, 512, 512, 7],
  ])
  func errorIsBounded(_ sizes: [Int]) async {
    let end = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      [sizes = sizes as [Int]] in
      // What is not chosen for tiles goes by oneDNN.
      backends.cpu.matrixUnits = false
      let complaints = Self.largeErrors(sizes)
      FileHandle.standardError.write(Data(complaints.joined(separator: "\n").utf8))
    }
    let text = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
    if !text.isEmpty { Issue.record("\(sizes): \(text)") }
  }

  private static func largeErrors(_ sizes: [Int]) -> [String] {
    var complaints: [String] = []
    for positive in [false, true] {
      var draws = Draws(UInt64(sizes[1] + sizes[3]))
      let case_ = TileCase(
        batch: sizes[0], inputs: sizes[1], outputs: sizes[2], height: sizes[3], width: sizes[3], padding: [1, 1],
        paddingEnd: [1, 1], order: [false, false])
      let data = TileData(case_, &draws, positive: positive, like: true)
      let exact = data.exact()
      let direct = data.errors(CPUBackend(winogradTile: 0), exact)
      for (way, backend) in [("chosen", CPUBackend.shared), ("tiles of 2", CPUBackend(winogradTile: 2))] {
        for (error, limit) in zip(data.errors(backend, exact), direct)
        where !(error.rms <= 4 * limit.rms && error.most <= 4 * limit.most) {
          complaints.append("\(way), positive \(positive), \(error.name): \(error) against \(limit)")
        }
      }
    }
    return complaints
  }

  @Test func bitsDoNotDependOnThreads() async {
    await #expect(processExitsWith: .success) {
      for sizes in [[3, 64, 64, 30], [2, 24, 40, 21], [1, 128, 96, 7], [4, 200, 130, 9]] {
        for tile in [2, 4] {
          var draws = Draws(7)
          let case_ = TileCase(
            batch: sizes[0], inputs: sizes[1], outputs: sizes[2], height: sizes[3], width: sizes[3], padding: [1, 1],
            paddingEnd: [1, 1], order: [false, true])
          let data = TileData(case_, &draws)
          var results: [[[Float]]] = []
          for threads in [1, 2, 3, 8] {
            setNumThreads(threads)
            results.append(data.results(CPUBackend(winogradTile: tile)))
          }
          if results.contains(where: { $0 != results[0] }) {
            fault("conv2d", "the bits of \(sizes) depend on the threads")
          }
        }
      }
    }
  }

  @Test func canBeSwitchedOff() async {
    await #expect(processExitsWith: .success) {
      var draws = Draws(5)
      let case_ = TileCase(
        batch: 4, inputs: 64, outputs: 64, height: 16, width: 16, padding: [1, 1], paddingEnd: [1, 1],
        order: [false, false])
      let data = TileData(case_, &draws)
      // What is not chosen for tiles goes by oneDNN.
      backends.cpu.matrixUnits = false
      let chosen = data.results(.shared), direct = data.results(CPUBackend(winogradTile: 0))
      if zip(chosen, direct).prefix(3).contains(where: { $0 == $1 }) {
        fault("conv2d", "tiles are not chosen by themselves")
      }
      backends.cpu.winograd = false
      if data.results(.shared) != direct { fault("conv2d", "tiles are used though they are switched off") }
      if data.results(CPUBackend(winogradTile: 4)) != direct {
        fault("conv2d", "forced tiles are used though switched off")
      }
    }
  }

  /// Weights are transformed once for each content, and only where no gradients are recorded.
  @Test(arguments: [2, 4]) func keptWeightsFollowTheirContent(_ tile: Int) {
    var draws = Draws(11)
    let case_ = TileCase(
      batch: 2, inputs: 20, outputs: 40, height: 9, width: 9, padding: [1, 1], paddingEnd: [1, 1],
      order: [false, false])
    let backend = CPUBackend(winogradTile: tile)
    var data = TileData(case_, &draws)
    let recorded = data.results(backend)[0]
    data.sizes.isInference = true
    #expect(data.results(backend)[0] == recorded)
    #expect(data.results(backend)[0] == recorded)
    // Doubled weights give doubled results, to the bit.
    let weights = data.weight.pointer.assumingMemoryBound(to: Float.self)
    for i in 0..<data.weight.count { weights[i] *= 2 }
    data.weight.storage.bumpVersion()
    data.clearBias()
    let doubled = data.results(backend)[0]
    for i in 0..<data.weight.count { weights[i] /= 2 }
    data.weight.storage.bumpVersion()
    #expect(doubled == data.results(backend)[0].map { 2 * $0 })
    #expect(doubled.contains { $0 != 0 })
  }

  /// What is no number spreads over the tiles that read it, and no further.
  @Test(arguments: [2, 4]) func noNumbersStayNear(_ tile: Int) {
    for bad in [Float.nan, .infinity] {
      var draws = Draws(13)
      let case_ = TileCase(
        batch: 2, inputs: 5, outputs: 6, height: 16, width: 16, padding: [1, 1], paddingEnd: [1, 1],
        order: [false, false])
      let data = TileData(case_, &draws), backend = CPUBackend(winogradTile: tile)
      let before = data.results(backend)[0]
      // Row 6, column 9 of the first picture, in its second channel.
      data.input.pointer.assumingMemoryBound(to: Float.self)[256 + 6 * 16 + 9] = bad
      let after = data.results(backend)[0]
      for i in before.indices {
        let y = i / 16 % 16, x = i % 16, isFirst = i < 6 * 256
        let tileRows = (y / tile * tile - 1)...(y / tile * tile + tile),
          tileColumns = (x / tile * tile - 1)...(x / tile * tile + tile)
        if isFirst && tileRows.contains(6) && tileColumns.contains(9) {
          if abs(y - 6) <= 1 && abs(x - 9) <= 1 { #expect(!after[i].isFinite) }
        } else {
          #expect(after[i] == before[i])
        }
      }
    }
  }

  /// Scale, shift, residual and bounds of results as they are stored.
  @Test(arguments: [2, 4]) func endings(_ tile: Int) {
    for last in [false, true] {
      for (outputs, width) in [(32, 12), (37, 7), (5, 3)] {
        var draws = Draws(UInt64(17 + width))
        let case_ = TileCase(
          batch: 2, inputs: 6, outputs: outputs, height: 10, width: width, padding: [1, 1], paddingEnd: [1, 1],
          order: [last, last])
        let data = TileData(case_, &draws)
        let count = 2 * outputs * 10 * width
        let plain = data.results(CPUBackend(winogradTile: tile))[0]
        let bias = (0..<outputs).map { data.bias.pointer.assumingMemoryBound(to: Float.self)[$0] }
        let scale = (0..<outputs).map { _ in Float(draws.real(0.5...2)) }
        let shift = (0..<outputs).map { _ in Float(draws.real(-1...1)) }
        let residual = (0..<count).map { _ in Float(draws.real(-1...1)) }
        var out = [Float](repeating: .nan, count: count)
        var desc = cw_desc(
          batch: 2, in_channels: 6, out_channels: outputs, in_height: 10, in_width: width, out_height: 10,
          out_width: width, padding_top: 1, padding_left: 1, in_channels_last: last, out_channels_last: last,
          tile: Int32(tile))
        let status = scale.withUnsafeBufferPointer { scale in
          shift.withUnsafeBufferPointer { shift in
            residual.withUnsafeBufferPointer { residual in
              var ending = cw_ending(
                scale: scale.baseAddress, shift: shift.baseAddress, residual: residual.baseAddress, bounded: true,
                low: 0,
                high: 1.5)
              return cw_forward(
                &desc, data.input.pointer.assumingMemoryBound(to: Float.self),
                data.weight.pointer.assumingMemoryBound(to: Float.self), nil, &ending, &out)
            }
          }
        }
        #expect(status == CW_OK)
        for i in 0..<count {
          let channel = last ? i % outputs : i / (10 * width) % outputs
          let free = (plain[i] - bias[channel]) * scale[channel] + shift[channel] + residual[i]
          #expect(abs(out[i] - Swift.min(Swift.max(free, 0), 1.5)) < 1e-4)
        }
      }
    }
  }

  @Test func refusesWhatItCannotDo() {
    var desc = cw_desc()
    desc.tile = 4
    var ending = cw_ending(), out: Float = 0
    let number: [Float] = [0]
    #expect(cw_forward(&desc, number, number, nil, &ending, &out) == CW_UNSUPPORTED)
    #expect(cw_weights_count(&desc) == 0)
  }
}
