// The progress bar: its text as a function of its state, and when it speaks.

import Testing
import TorchUtils

@Suite struct ProgressRenderingTests {
  private func state(_ done: Int, _ total: Int?, _ elapsed: Double, _ label: String = "Epoch 1/50") -> ProgressState {
    var state = ProgressState(label: label, total: total)
    (state.done, state.elapsed) = (done, elapsed)
    return state
  }

  @Test func drawsABar() {
    var half = state(45, 100, 5)
    #expect(half.bar(width: 59) == "Epoch 1/50:  45%|████▌     | 45/100 [00:05<00:06, 9.00it/s]")
    half.postfix = [("loss", "0.1234"), ("acc", "97.1%")]
    let text = half.bar(width: 100)
    #expect(text.hasPrefix("Epoch 1/50:  45%|████"))
    #expect(text.hasSuffix("| 45/100 [00:05<00:06, 9.00it/s, loss=0.1234, acc=97.1%]"))
    #expect(half.bar(width: 100, unicode: false).contains("|####"))
    #expect(half.bar(width: 100, color: true).contains("|\u{1b}[36m█"))
  }

  @Test func fitsEveryWidth() {
    var long = state(3, 7, 3725, "第一轮训练 🚀")
    long.postfix = [("loss", "0.1"), ("accuracy on the held-out part", "97.1%")]
    for width in 1...200 {
      for unicode in [false, true] {
        #expect(displayWidth(long.bar(width: width, unicode: unicode)) <= width)
        #expect(displayWidth(long.bar(width: width, unicode: unicode, color: true)) <= width)
      }
    }
  }

  @Test func saysAllDoneOnlyThen() {
    #expect(state(999, 1000, 1).line == "Epoch 1/50:  99% 999/1000 [00:01<00:00, 999it/s]")
    #expect(state(1000, 1000, 1).line == "Epoch 1/50: 100% 1000/1000 [00:01<00:00, 1.00kit/s]")
    #expect(state(0, 0, 0).line == "Epoch 1/50: 100% 0/0 [00:00<?, ?it/s]")
    #expect(state(0, 10, 0).line == "Epoch 1/50:   0% 0/10 [00:00<?, ?it/s]")
    // A total that was too small does not break the bar.
    #expect(state(12, 10, 1).bar(width: 80).contains("100%|"))
  }

  @Test func countsWithoutATotal() {
    #expect(state(12, nil, 3, "").line == "12it [00:03, 4.00it/s]")
    #expect(state(12, nil, 3, "").bar(width: 80) == "12it [00:03, 4.00it/s]")
  }

  @Test func scalesTheRate() {
    var images = ProgressState(total: 10, unit: "img", unitScale: 64)
    (images.done, images.elapsed) = (5, 0.01)
    #expect(images.line == " 50% 5/10 [00:00<00:00, 32.0kimg/s]")
    #expect(rateText(0.25, unit: "it") == "4.00s/it")
    #expect(rateText(9.996, unit: "it") == "10.0it/s")
    #expect(rateText(2_500_000, unit: "B") == "2.50MB/s")
    let sizes = [0: "0B", 999: "999B", 1000: "1.00kB", 999_499: "999kB", 999_500: "1.00MB", 46_830_571: "46.8MB"]
    for (count, text) in sizes { #expect(sizeText(count) == text) }
    var bytes = ProgressState(total: 46_830_571, unit: "B")
    (bytes.done, bytes.elapsed) = (12_300_000, 1)
    #expect(bytes.line == " 26% 12.3MB/46.8MB [00:01<00:02, 12.3MB/s]")
    #expect(rateText(nil, unit: "it") == "?it/s")
    #expect(clockText(3725.9) == "1:02:05")
    #expect(clockText(59.99) == "00:59")
    #expect(clockText(.infinity) == "?")
  }

  @Test func fillsInEighths() {
    #expect(barText(0, width: 4, unicode: true) == "    ")
    #expect(barText(0.5, width: 4, unicode: true) == "██  ")
    #expect(barText(1.0 / 32, width: 4, unicode: true) == "▏   ")
    #expect(barText(31.0 / 32, width: 4, unicode: true) == "███▉")
    #expect(barText(1, width: 4, unicode: false) == "####")
  }
}

@Suite struct ProgressMeterTests {
  /// A clock to set and a page to write on.
  private final class Stage {
    var time = 0.0
    var text = ""
    var lines: [String] { text.split(separator: "\n").map(String.init) }

    func meter(_ total: Int?, live: Bool, leave: Bool = true) -> ProgressMeter {
      ProgressMeter(
        ProgressState(label: "Run", total: total), leave: leave, isLive: live, clock: { self.time },
        output: { self.text += $0 })
    }
  }

  @Test func printsLinesIntoALog() {
    let stage = Stage()
    let bar = ProgressBar(0..<100, meter: stage.meter(100, live: false))
    for _ in bar { stage.time += 0.5 }
    // A line for each tenth but the last, and the last word.
    #expect(stage.lines.count == 10)
    #expect(stage.lines.first == "Run:  10% 10/100 [00:05<00:45, 2.00it/s]")
    #expect(stage.lines.last == "Run: 100% 100/100 [00:50<00:00, 2.00it/s]")
    #expect(!stage.text.contains("\r") && !stage.text.contains("\u{1b}"))
  }

  @Test func printsLittleWhenFastAndEnoughWhenSlow() {
    let fast = Stage()
    for _ in ProgressBar(0..<1000, meter: fast.meter(1000, live: false)) { fast.time += 0.0001 }
    #expect(fast.lines.count == 1)
    let slow = Stage()
    for _ in ProgressBar(0..<10, meter: slow.meter(1000, live: false)) { slow.time += 6 }
    #expect(slow.lines.count == 6)
  }

  @Test func redrawsALineAtMostTenTimesASecond() {
    let stage = Stage()
    let bar = ProgressBar(0..<1000, meter: stage.meter(1000, live: true))
    for index in bar {
      stage.time += 0.01
      bar.setPostfix(["loss": "\(index)", "acc": "1"])
    }
    let drawings = stage.text.split(separator: "\r").count
    #expect((90...103).contains(drawings))
    #expect(stage.text.hasSuffix("loss=999, acc=1]\u{1b}[K\n"))
    #expect(stage.text.filter { $0 == "\n" }.count == 1)
  }

  @Test func endsTheLineWhenTheLoopIsLeft() {
    let stage = Stage()
    let bar = ProgressBar(0..<10, meter: stage.meter(10, live: true))
    for index in bar where index == 3 { break }
    #expect(stage.text.hasSuffix("\n"))
    #expect(stage.lines.last?.contains("3/10") == true)
    // And it can be walked again.
    #expect(Array(bar) == Array(0..<10))
    #expect(stage.lines.last?.contains("10/10") == true)
  }

  @Test func canVanishAndMakeRoomForText() {
    let stage = Stage()
    let meter = stage.meter(2, live: true, leave: false)
    meter.write("a word")
    #expect(stage.text.contains("\r\u{1b}[2Ka word\n\rRun:   0%"))
    meter.finish()
    #expect(stage.text.hasSuffix("\r\u{1b}[2K"))
    let before = stage.text
    meter.advance()
    meter.finish()
    #expect(stage.text == before)
  }

  @Test func knowsTheCountOfACollection() {
    #expect(ProgressBar([1, 2, 3]).underestimatedCount == 3)
  }
}
