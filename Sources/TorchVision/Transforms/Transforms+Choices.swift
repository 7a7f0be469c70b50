// Which transforms need no pixels for their random choices.

extension Compose {
  public var choosesBySize: Bool { transforms.allSatisfy(\.choosesBySize) }
}
extension RandomApply {
  public var choosesBySize: Bool { transforms.allSatisfy(\.choosesBySize) }
}
extension RandomOrder {
  public var choosesBySize: Bool { transforms.allSatisfy(\.choosesBySize) }
}
extension RandomChoice {
  public var choosesBySize: Bool { transforms.allSatisfy(\.choosesBySize) }
}

extension RandomRotation {
  /// An expanded picture's size is known when it is there.
  public var choosesBySize: Bool { !expand }
}

extension RandomResizedCrop { public var choosesBySize: Bool { true } }
extension RandomCrop { public var choosesBySize: Bool { true } }
extension RandomAffine { public var choosesBySize: Bool { true } }
extension ColorJitter { public var choosesBySize: Bool { true } }
extension GaussianBlur { public var choosesBySize: Bool { true } }

extension Resize { public var choosesBySize: Bool { true } }
extension CenterCrop { public var choosesBySize: Bool { true } }
extension Pad { public var choosesBySize: Bool { true } }
extension Grayscale { public var choosesBySize: Bool { true } }

extension ToTensor { public var choosesBySize: Bool { true } }
extension PILToTensor { public var choosesBySize: Bool { true } }
extension ConvertImageDtype { public var choosesBySize: Bool { true } }
extension Normalize { public var choosesBySize: Bool { true } }
extension NormalizedTensor { public var choosesBySize: Bool { true } }
extension LinearTransformation { public var choosesBySize: Bool { true } }
extension ImageClassification { public var choosesBySize: Bool { true } }
