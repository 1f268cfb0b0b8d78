namespace ClemReg.Algorithms.Inference.Conversion;

/// <summary>A class or function that a pickle names. It is never looked up, only compared.</summary>
internal sealed record PickleName(string Module, string Name)
{
    /// <summary>module.name</summary>
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>An object of a TorchScript class: its class's name and the state that it was built with.</summary>
internal sealed class PickleObject(PickleName type)
{
    public PickleName Type { get; } = type;

    public object? State { get; set; }
}

/// <summary>A dictionary, its entries as they came.</summary>
internal sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Entries { get; } = [];
}

/// <summary>A tensor's memory, which is an entry of the archive.</summary>
/// <param name="Type">The class, such as FloatStorage.</param>
/// <param name="Key">The entry's name in the folder data.</param>
/// <param name="Count">How many elements it has.</param>
internal sealed record TorchStorage(string Type, string Key, long Count);

/// <summary>A view of a storage.</summary>
/// <param name="Storage">The memory.</param>
/// <param name="Offset">The first element.</param>
/// <param name="Shape">The length of each axis, outermost first.</param>
/// <param name="Strides">The elements from one index to the next, for each axis.</param>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>How many elements it shows.</summary>
    public long Count => Shape.Aggregate(1L, (product, length) => product * length);

    /// <summary>Whether its elements lie one after the other.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            for (int axis = Shape.Length - 1; axis >= 0; axis--)
            {
                if (Shape[axis] != 1 && Strides[axis] != expected) return false;
                expected *= Shape[axis];
            }
            return true;
        }
    }
}
