// Tables, pictures, widths and numbers as text.

import Testing
import TorchUtils

@Suite struct TextTests {
  @Test func countsColumns() {
    #expect(displayWidth("loss") == 4)
    #expect(displayWidth("损失") == 4)
    #expect(displayWidth("한글") == 4)
    #expect(displayWidth("e\u{301}") == 1)
    #expect(displayWidth("🚀") == 2)
    #expect(displayWidth("\u{1b}[36m█\u{1b}[0m") == 1)
    #expect(fit("accuracy", width: 6) == "acc...")
    #expect(fit("损失函数", width: 6) == "损...")
    #expect(fit("accuracy", width: 2) == "..")
    #expect(fit("accuracy", width: 0) == "")
    #expect(pad("损", to: 4, right: true) == "  损")
  }

  @Test func printsFixedPlaces() {
    #expect(fixed(0.12345, 4) == "0.1234")
    #expect(fixed(-1.005, 1) == "-1.0")
    #expect(fixed(-0.001, 2) == "0.00")
    #expect(fixed(2.5, 0) == "2")
    #expect(fixed(99.999, 2) == "100.00")
    #expect(fixed(.nan, 2) == "nan")
    #expect(fixed(-.infinity, 2) == "-inf")
    #expect(fixed(1e12, 2) == "1000000000000.0")
  }

  @Test func alignsATable() {
    var table = TextTable(["epoch", "loss", "说明"], style: .box)
    table.append(["1", "0.4321", "first"])
    table.append(["10", "12.5%", "更好"])
    #expect(
      "\(table)" == """
        ┌───────┬────────┬───────┐
        │ epoch │   loss │ 说明  │
        ├───────┼────────┼───────┤
        │     1 │ 0.4321 │ first │
        │    10 │  12.5% │ 更好  │
        └───────┴────────┴───────┘
        """)
    table.style = .plain
    #expect(
      "\(table)" == """
        epoch    loss  说明
        -----  ------  -----
            1  0.4321  first
           10   12.5%  更好
        """)
  }

  @Test func printsATableRowByRow() {
    let table = TextTable(["epoch", "loss"], widths: [5, 8], style: .box)
    #expect(
      [table.top, table.line(["1", "0.5"]), table.line(["2"]), table.bottom].joined(separator: "\n") == """
        ┌───────┬──────────┐
        │ epoch │     loss │
        ├───────┼──────────┤
        │     1 │      0.5 │
        │     2 │          │
        └───────┴──────────┘
        """)
    #expect("\(TextTable(["a"], style: .plain))" == "a\n-")
  }

  @Test func drawsImages() {
    #expect(drawImage([0, 0.25, 0.5, 1], width: 2, height: 2, unicode: true) == "  ░░\n▒▒██")
    #expect(drawImage([0, 16], width: 2, height: 1, range: 0...16, unicode: false) == "  @@")
    #expect(drawImage([5, 5], width: 2, height: 1, unicode: true) == "    ")
    #expect(
      drawImage([.nan, -.infinity, .infinity, 1], width: 4, height: 1, range: 0...1, unicode: false) == "    @@@@")
    #expect(drawImage([0, 1], width: 2, height: 2, unicode: false) == "  @@\n    ")
    #expect(drawImage([], width: 0, height: 0) == "")
  }

  @Test func setsBlocksSideBySide() {
    #expect(sideBySide(["ab\ncd", "x\ny\nz"], gap: 1) == "ab x\ncd y\n   z")
    #expect(sideBySide([]) == "")
  }
}

@Suite struct MetricTests {
  @Test func stopsWhenNothingGetsBetter() {
    var stopping = EarlyStopping(patience: 2, minDelta: 0.1)
    #expect(stopping.update(1.0) && !stopping.shouldStop)
    #expect(!stopping.update(0.95) && !stopping.shouldStop)
    #expect(stopping.update(0.8) && stopping.badSteps == 0)
    #expect(!stopping.update(.nan) && !stopping.shouldStop)
    #expect(!stopping.update(0.75) && stopping.shouldStop)
    #expect(stopping.best == 0.8 && stopping.bestStep == 2 && stopping.steps == 5)
  }

  @Test func followsAccuracyToo() {
    var stopping = EarlyStopping(patience: 0, mode: .max)
    #expect(!stopping.shouldStop)
    #expect(stopping.update(0.5) && stopping.update(0.6) && !stopping.shouldStop)
    #expect(!stopping.update(0.6) && stopping.shouldStop)
    var broken = EarlyStopping(patience: 1)
    #expect(!broken.update(.nan) && broken.shouldStop && broken.best == nil)
  }

  @Test func averages() {
    var mean = RunningMean()
    #expect(mean.mean.isNaN)
    mean.add(1, weight: 3)
    mean.add(5)
    #expect(mean.mean == 2 && mean.weight == 4)
    mean.reset()
    // A plain sum would lose the ones.
    mean.add(1e17)
    for _ in 0..<1000 { mean.add(1) }
    mean.add(-1e17)
    #expect(mean.mean == 1000.0 / 1002)
    mean.add(.infinity)
    #expect(mean.mean == .infinity)
  }
}
