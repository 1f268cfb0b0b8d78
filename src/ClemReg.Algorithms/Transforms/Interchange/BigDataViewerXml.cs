using System.Globalization;
using System.Xml.Linq;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>
/// BigDataViewer's dataset description (SpimData 0.2). A view's transforms multiply in the order of the list, so that the last one, the
/// calibration, acts first on pixels; together they map pixel to world, and the world is the EM's physical space. Source: BigDataViewer,
/// spim_data: ViewRegistration, XmlIoViewRegistrations.
/// </summary>
public sealed class BigDataViewerXml : ITransformFormat
{
    private const string Registration = "CLEM-Reg", Calibration = "calibration";

    /// <inheritdoc/>
    public string Name => "bigdataviewer";

    /// <inheritdoc/>
    public string Title => "BigDataViewer XML";

    /// <inheritdoc/>
    public IReadOnlyList<OutputFile> Write(ExportSource source)
    {
        AffineTransform affine = source.Affine(Name);
        if (source.Moving is null)
            throw new BadInputException("BigDataViewer's transforms begin at pixels, so the voxel size of the fluorescence is needed: give the image as moving, or moving_spacing.");
        string data = System.IO.Path.ChangeExtension(source.MovingName, ".h5");
        var setup = new XElement("ViewSetup", new XElement("id", 0), new XElement("name", source.MovingName));
        if (source.MovingSizeKnown)
        {
            Size3 n = source.Moving.Size;
            setup.Add(new XElement("size", string.Create(CultureInfo.InvariantCulture, $"{n.X} {n.Y} {n.Z}")));
        }
        setup.Add(new XElement("voxelSize", new XElement("unit", source.Unit.Name), new XElement("size", Xyz.Text(Xyz.Point(source.Moving.Spacing, source.Unit), " "))));
        var root = new XElement("SpimData", new XAttribute("version", "0.2"),
            new XElement("BasePath", new XAttribute("type", "relative"), "."),
            new XElement("SequenceDescription",
                new XElement("ImageLoader", new XAttribute("format", "bdv.hdf5"), new XElement("hdf5", new XAttribute("type", "relative"), data)),
                new XElement("ViewSetups", setup),
                new XElement("Timepoints", new XAttribute("type", "range"), new XElement("first", 0), new XElement("last", 0))),
            new XElement("ViewRegistrations",
                new XElement("ViewRegistration", new XAttribute("timepoint", 0), new XAttribute("setup", 0),
                    Transform(Registration, Xyz.Rows(affine, source.Unit)), Transform(Calibration, PixelToPhysical(source.Moving, source.Unit)))));
        source.Notes.Add($"The XML names {data} as its data: export the fluorescence with Plugins > BigDataViewer > Export Current Image as XML/HDF5 under that name, or copy the two ViewTransforms into the XML that this made.");
        return OutputFile.Single(XmlFile.Text(root));
    }

    private static XElement Transform(string name, double[] rows) =>
        new("ViewTransform", new XAttribute("type", "affine"), new XElement("Name", name), new XElement("affine", Xyz.Text(rows, " ")));

    private static double[] PixelToPhysical(Grid grid, LengthUnit unit)
    {
        double[] s = Xyz.Point(grid.Spacing, unit), o = Xyz.Point(grid.Origin, unit);
        return [s[0], 0, 0, o[0], 0, s[1], 0, o[1], 0, 0, s[2], o[2]];
    }

    /// <inheritdoc/>
    public bool Recognises(string text) => text.Contains("<SpimData", StringComparison.Ordinal);

    /// <inheritdoc/>
    public ImportedTransform Read(ImportSource source)
    {
        XElement root = XmlFile.Parse(source, "SpimData");
        var setups = root.Descendants("ViewSetup").ToDictionary(s => s.Element("id")?.Value.Trim() ?? "");
        var registrations = new Dictionary<string, XElement>();
        foreach (XElement registration in root.Descendants("ViewRegistration"))
            // Of several time points the first counts.
            registrations.TryAdd(registration.Attribute("setup")?.Value ?? "", registration);
        if (registrations.Count == 0) throw source.Bad("there is no ViewRegistration.");

        // "2" is the fluorescence in a world that is the EM's; "2,0" the fluorescence and the EM, both moved into the world.
        string[] items = source.Item.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (items.Length > 2) throw BadInputException.ForParameter("item", source.Item, "the setup of the fluorescence, or the setups of fluorescence and EM with a comma between them");
        string moving = items.Length > 0 ? items[0] : registrations.Count == 1 ? registrations.Keys.First()
            : throw source.Bad($"there are {registrations.Count} setups ({string.Join(", ", registrations.Keys)}). Name the fluorescence's with item, or fluorescence and EM as in item=1,0.");
        (AffineTransform world, Grid grid, LengthUnit unit) = View(moving, source.Moving, "moving");
        AffineTransform result = Physical(grid).Inverse().Then(world);
        if (items.Length < 2) return new ImportedTransform(result);
        (AffineTransform fixedWorld, Grid fixedGrid, LengthUnit fixedUnit) = View(items[1], source.Fixed, "fixed");
        if (unit != fixedUnit) throw source.Bad($"the setups count in different units ({unit.Name} and {fixedUnit.Name}), so their world has none.");
        return new ImportedTransform(result.Then(fixedWorld.Inverse()).Then(Physical(fixedGrid)));

        // Pixel to world in nm, and the grid by which pixels become our physical coordinates.
        (AffineTransform World, Grid Grid, LengthUnit Unit) View(string id, Grid? known, string role)
        {
            if (!registrations.TryGetValue(id, out XElement? registration))
                throw source.Bad($"there is no setup {id}. Setups: {string.Join(", ", registrations.Keys)}.");
            setups.TryGetValue(id, out XElement? setup);
            XElement? voxel = setup?.Element("voxelSize");
            string? name = voxel?.Element("unit")?.Value;
            LengthUnit unit = name is null ? source.Unit : LengthUnit.Parse(name, $"{source.File}, setup {id}");
            Grid grid = known ?? (voxel?.Element("size") is XElement size
                ? new Grid(new Size3(1, 1, 1), Xyz.Point(XmlFile.Numbers(source, size, 3), unit))
                : throw source.Bad($"setup {id} has no voxelSize, without which pixels have no place: give the image as {role}, or {role}_spacing."));
            AffineTransform total = AffineTransform.Identity;
            foreach (XElement transform in registration.Elements("ViewTransform"))
            {
                if ((string?)transform.Attribute("type") != "affine")
                    throw new BadInputException($"{XmlFile.Where(source, transform)}: type {(string?)transform.Attribute("type") ?? "(none)"} cannot be read; only affine can.");
                XElement numbers = transform.Element("affine") ?? throw new BadInputException($"{XmlFile.Where(source, transform)}: there is no affine.");
                // T0 * T1 * ...: each next one acts before those already there. Numbers are in the world's unit, pixels have none.
                total = Xyz.Affine(XmlFile.Numbers(source, numbers, 12), LengthUnit.All[0]).Then(total);
            }
            var toNm = new AffineTransform([unit.Nanometres, 0, 0, 0, 0, unit.Nanometres, 0, 0, 0, 0, unit.Nanometres, 0]);
            return (total.Then(toNm), grid, unit);
        }

        static AffineTransform Physical(Grid grid) => new(
            [grid.Spacing.Z, 0, 0, grid.Origin.Z, 0, grid.Spacing.Y, 0, grid.Origin.Y, 0, 0, grid.Spacing.X, grid.Origin.X]);
    }
}
