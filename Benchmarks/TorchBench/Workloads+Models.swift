import Torch
import TorchNN
import TorchOptim
import TorchVision
import TutorialNetworks

/// Whole networks: steps of training and predictions, as the tutorial has them.
///
/// A workload may have variants, `NAME@VARIANT`: other ways in which a user may write the same. `Benchmarks/compare` takes
/// the best of each side.
enum Networks {
  static var all: [Workload] { photographs + texts + sequences }

  private static var photographs: [Workload] {
    var all: [Workload] = []
    for (format, variant) in [(MemoryFormat.contiguousFormat, ""), (.channelsLast, "@channels_last")] {
      func add<Net: Module & Layer>(
        _ name: String, train: Bool = false, half: Bool = false, _ batch: Int, _ size: Int, _ make: @escaping () -> Net
      ) {
        let input = { Tensor.randn(batch, 3, size, size) }
        all.append(
          train
            ? training(name + variant, input, 10, format: format, half: half, make) { SGD($0, lr: 0.01, momentum: 0.9) }
            : prediction(name + variant, input, format: format, make))
      }
      func photoClassifier() -> PhotoClassifier { PhotoClassifier(classes: 10) }
      func resNet() -> ResNet { try! Models.resnet18() }
      func mobileNet() -> MobileNetV2 { try! Models.mobilenetV2() }
      add("cnn_train", train: true, 32, 32, photoClassifier)
      add("cnn_infer", 32, 32, photoClassifier)
      add("resnet18_train", train: true, 8, 224, resNet)
      add("resnet18_infer", 8, 224, resNet)
      add("resnet18_infer_b1", 1, 224, resNet)
      add("mobilenetv2_infer_b1", 1, 224, mobileNet)
      add("mobilenetv2_infer_b8", 8, 224, mobileNet)
      add("cnn_bf16_train", train: true, half: true, 32, 32, photoClassifier)
    }
    return all
  }

  private static var texts: [Workload] {
    func words() -> Tensor { Tensor.randint(0, 10_000, [32, 100]) }
    func text() -> TextClassifier { TextClassifier(words: 10_000, embedSize: 128, hiddenSize: 256, classes: 2) }
    return [
      training("bilstm_train", words, 2, text) { Adam($0, lr: 0.001) },
      prediction("bilstm_infer", words, text),
    ]
  }

  private static var sequences: [Workload] {
    func vectors() -> Tensor { Tensor.randn(8, 100, 512) }
    func encoder() -> SequenceClassifier {
      SequenceClassifier(dModel: 512, heads: 8, feedForward: 2048, layers: 6, classes: 10)
    }
    return [
      training("transformer_train", vectors, 10, encoder) { Adam($0, lr: 0.0001) },
      prediction("transformer_infer", vectors, encoder),
      training("transformer_bf16_train", vectors, 10, half: true, encoder) { Adam($0, lr: 0.0001) },
    ]
  }

  static func training<Net: Module & Layer>(
    _ name: String, _ input: @escaping () -> Tensor, _ classes: Int, format: MemoryFormat = .contiguousFormat,
    half: Bool = false, _ make: @escaping () -> Net, optimizer: @escaping ([Tensor]) -> some Optimizer
  ) -> Workload {
    Workload(name) {
      manualSeed(0)
      let model = make()
      if format == .channelsLast { _ = model.to(memoryFormat: format) }
      let optimizer = optimizer(model.parameters())
      let criterion = CrossEntropyLoss()
      let batches = (0..<Workload.batchCount).map { _ in
        let x = input()
        return (
          x.ndim == 4 ? x.contiguous(memoryFormat: format) : x, Tensor.randint(0, classes, [x.shape[0]])
        )
      }
      func step(_ batch: Int) -> Tensor {
        let (x, y) = batches[batch]
        optimizer.zeroGrad()
        let loss = half ? autocast(.cpu, dtype: .bfloat16) { criterion(model(x), y) } : criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss
      }
      return Workload.Run(
        step: { _ = step($0) }, checksum: { (0..<Workload.batchCount).reduce(0.0) { $0 + step($1).item() } })
    }
  }

  private static func prediction<Net: Module & Layer>(
    _ name: String, _ input: @escaping () -> Tensor, format: MemoryFormat = .contiguousFormat,
    _ make: @escaping () -> Net
  ) -> Workload {
    Workload(name) {
      manualSeed(0)
      let model = make().eval()
      if format == .channelsLast { _ = model.to(memoryFormat: format) }
      let batches = (0..<Workload.batchCount).map { _ in
        let x = input()
        return x.ndim == 4 ? x.contiguous(memoryFormat: format) : x
      }
      return Workload.Run(
        step: { batch in noGrad { _ = model(batches[batch]) } },
        checksum: { noGrad { batches.reduce(0.0) { $0 + digest(model($1)) } } })
    }
  }
}
