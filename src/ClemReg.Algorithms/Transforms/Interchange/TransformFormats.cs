namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>All formats for transforms.</summary>
public static class TransformFormats
{
    /// <summary>In the order in which menus and pages show them.</summary>
    public static IReadOnlyList<ITransformFormat> All { get; } =
    [
        new BigWarpLandmarks(), new BigWarpJson(), new ElastixParameters(), new ItkTransform(), new BigDataViewerXml(), new MobieTable(), new NgffAffine(), new NgffDisplacements(),
        new EcClemXml(), new EcClemCsv(), new LandmarkTable(), new DisplacementFieldFile(),
    ];

    /// <summary>Those of them that can be read.</summary>
    public static IReadOnlyList<ITransformFormat> Readable { get; } = [.. All.Where(f => f.CanRead)];

    /// <summary>The format of that name.</summary>
    public static ITransformFormat Named(string name) => All.First(f => f.Name == name);

    /// <summary>The format that a file is of.</summary>
    /// <exception cref="BadInputException">It looks like none.</exception>
    public static ITransformFormat Detect(string text, string file) => All.FirstOrDefault(f => f.Recognises(text))
        ?? throw new BadInputException($"{file}: the format cannot be told from the content. Name it with format: {string.Join(", ", Readable.Select(f => f.Name))}.");
}
