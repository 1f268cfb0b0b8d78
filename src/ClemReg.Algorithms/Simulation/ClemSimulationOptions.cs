using System.Globalization;
using System.Text.Json;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>The kind of transform between the two volumes of a simulated pair.</summary>
public enum SimulatedTransform
{
    /// <summary>Rotation and translation.</summary>
    Rigid,
    /// <summary>Rotation, translation and one scale.</summary>
    Similarity,
    /// <summary>Rotation, translation, scale and a smooth deformation on top.</summary>
    Deformation,
}

/// <summary>One numeric option of the simulator: the one definition from which parameters, checks and truth files are made.</summary>
/// <param name="Name">The name as the user knows it, lower_snake_case.</param>
/// <param name="Unit">The unit, or an empty text.</param>
/// <param name="Minimum">The least value allowed.</param>
/// <param name="Maximum">The largest value allowed.</param>
/// <param name="Whole">Only whole numbers are allowed.</param>
/// <param name="Help">What it is.</param>
/// <param name="Get">Reads it.</param>
/// <param name="With">Makes options that differ in it.</param>
public sealed record SimulationOption(
    string Name, string Unit, double Minimum, double Maximum, bool Whole, string Help,
    Func<ClemSimulationOptions, double> Get, Func<ClemSimulationOptions, double, ClemSimulationOptions> With)
{
    /// <summary>True for a value within the range, and whole where it must be.</summary>
    public bool Allows(double value) => value >= Minimum && value <= Maximum && (!Whole || value == Math.Floor(value));

    internal BadInputException Refuse(double value) => BadInputException.ForParameter(Name, value,
        string.Create(CultureInfo.InvariantCulture, $"a {(Whole ? "whole " : "")}number from {Minimum} to {Maximum}{(Unit.Length > 0 ? " " + Unit : "")}"),
        string.Create(CultureInfo.InvariantCulture, $"Its default is {Get(new ClemSimulationOptions())}."));
}

/// <summary>
/// What <see cref="ClemSimulator"/> makes. The defaults give a sample of 2 x 10 x 10 um with a cell, its nucleus and about 50
/// mitochondria, which registers in seconds. Names, units and ranges of the numbers are in <see cref="Numbers"/>.
/// </summary>
public sealed record ClemSimulationOptions
{
    /// <summary>Chooses the sample: the same options and seed give the same voxels.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>EM slices.</summary>
    public int EmSizeZ { get; init; } = 100;

    /// <summary>EM voxels along y.</summary>
    public int EmSizeY { get; init; } = 500;

    /// <summary>EM voxels along x.</summary>
    public int EmSizeX { get; init; } = 500;

    /// <summary>Distance of EM slices, nm.</summary>
    public double EmSpacingZ { get; init; } = 20;

    /// <summary>EM pixel size, nm.</summary>
    public double EmSpacingXy { get; init; } = 20;

    /// <summary>Standard deviation of the EM's shot noise at mid grey, in grey values.</summary>
    public double EmNoise { get; init; } = 7;

    /// <summary>Distance of fluorescence slices, nm.</summary>
    public double FmSpacingZ { get; init; } = 130;

    /// <summary>Fluorescence pixel size, nm.</summary>
    public double FmSpacingXy { get; init; } = 35.3;

    /// <summary>Lateral standard deviation of the Gaussian PSF, nm.</summary>
    public double PsfLateral { get; init; } = 60;

    /// <summary>Axial standard deviation of the Gaussian PSF, nm.</summary>
    public double PsfAxial { get; init; } = 200;

    /// <summary>The kind of the true transform.</summary>
    public SimulatedTransform Transform { get; init; } = SimulatedTransform.Rigid;

    /// <summary>Rotation about the x axis in degrees, applied first (moving to fixed, right-handed in x, y, z).</summary>
    public double RotationX { get; init; } = 2;

    /// <summary>Rotation about the y axis in degrees, applied second.</summary>
    public double RotationY { get; init; } = -3;

    /// <summary>Rotation about the z axis in degrees, applied last.</summary>
    public double RotationZ { get; init; } = 5;

    /// <summary>Scale from moving to fixed; used unless the transform is rigid.</summary>
    public double Scale { get; init; } = 1.05;

    /// <summary>Largest displacement of the deformation, nm; used where the transform is a deformation.</summary>
    public double DeformationMax { get; init; } = 300;

    /// <summary>Distance of the deformation's control points, nm.</summary>
    public double DeformationSpacing { get; init; } = 2500;

    /// <summary>Fraction of the mitochondria that do not fluoresce.</summary>
    public double Missing { get; init; } = 0.2;

    /// <summary>Fluorescent objects that are not in the EM, as a fraction of the number of mitochondria.</summary>
    public double FalseObjects { get; init; } = 0.2;

    /// <summary>Standard deviation of the logarithm of a mitochondrion's brightness.</summary>
    public double BrightnessSpread { get; init; } = 0.3;

    /// <summary>Expected photons in a pixel inside a large object of brightness 1, before attenuation.</summary>
    public double Photons { get; init; } = 300;

    /// <summary>Mean photons of the smooth background.</summary>
    public double Background { get; init; } = 20;

    /// <summary>Out-of-focus light: this fraction of the light of all slices, blurred by 1 um, is added to each slice.</summary>
    public double Haze { get; init; } = 0.02;

    /// <summary>Depth over which the light falls to 1/e, nm.</summary>
    public double Attenuation { get; init; } = 10000;

    /// <summary>Camera counts per photon.</summary>
    public double Gain { get; init; } = 10;

    /// <summary>Standard deviation of the camera's read noise, counts.</summary>
    public double ReadNoise { get; init; } = 20;

    /// <summary>Counts that the camera gives without light.</summary>
    public double CameraOffset { get; init; } = 100;

    /// <summary>Fluorescence field beyond the EM volume at both sides along z, nm.</summary>
    public double MarginZ { get; init; } = 260;

    /// <summary>Fluorescence field beyond the EM volume at all four sides in xy, nm.</summary>
    public double MarginXy { get; init; } = 800;

    /// <summary>More fluorescence field at the low side of y, nm, so that the fields' centres differ.</summary>
    public double OffsetY { get; init; } = 600;

    /// <summary>More fluorescence field at the low side of x, nm.</summary>
    public double OffsetX { get; init; } = 300;

    /// <summary>Mitochondria to place; 0 chooses by density.</summary>
    public int Mitochondria { get; init; }

    /// <summary>Fluorescence channels: 1 is mitochondria only, 2 adds lysosomes.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>The cell goes on for this far above and below the EM volume, nm, and its mitochondria there fluoresce.</summary>
    public double SurroundZ { get; init; }

    /// <summary>The cell goes on for this far beyond the EM volume in xy, nm.</summary>
    public double SurroundXy { get; init; }

    /// <summary>All numeric options.</summary>
    public static IReadOnlyList<SimulationOption> Numbers { get; } =
    [
        Int("seed", "", 0, int.MaxValue, "Chooses the sample: the same options and seed give the same voxels.", o => o.Seed, (o, v) => o with { Seed = v }),
        Int("em_size_z", "voxels", 8, 20000, "Number of EM slices.", o => o.EmSizeZ, (o, v) => o with { EmSizeZ = v }),
        Int("em_size_y", "voxels", 32, 20000, "EM voxels along y.", o => o.EmSizeY, (o, v) => o with { EmSizeY = v }),
        Int("em_size_x", "voxels", 32, 20000, "EM voxels along x.", o => o.EmSizeX, (o, v) => o with { EmSizeX = v }),
        Num("em_spacing_z", "nm", 2, 200, "Distance of EM slices.", o => o.EmSpacingZ, (o, v) => o with { EmSpacingZ = v }),
        Num("em_spacing_xy", "nm", 2, 100, "EM pixel size.", o => o.EmSpacingXy, (o, v) => o with { EmSpacingXy = v }),
        Num("em_noise", "grey values", 0, 60, "Standard deviation of the EM's shot noise at mid grey.", o => o.EmNoise, (o, v) => o with { EmNoise = v }),
        Num("fm_spacing_z", "nm", 10, 2000, "Distance of fluorescence slices.", o => o.FmSpacingZ, (o, v) => o with { FmSpacingZ = v }),
        Num("fm_spacing_xy", "nm", 10, 1000, "Fluorescence pixel size.", o => o.FmSpacingXy, (o, v) => o with { FmSpacingXy = v }),
        Num("psf_lateral", "nm", 10, 1000, "Lateral standard deviation of the Gaussian point spread function.", o => o.PsfLateral, (o, v) => o with { PsfLateral = v }),
        Num("psf_axial", "nm", 10, 2000, "Axial standard deviation of the Gaussian point spread function.", o => o.PsfAxial, (o, v) => o with { PsfAxial = v }),
        Num("rotation_x", "degrees", -180, 180, "Rotation about the x axis from fluorescence to EM, applied first.", o => o.RotationX, (o, v) => o with { RotationX = v }),
        Num("rotation_y", "degrees", -180, 180, "Rotation about the y axis, applied second.", o => o.RotationY, (o, v) => o with { RotationY = v }),
        Num("rotation_z", "degrees", -180, 180, "Rotation about the z axis, applied last.", o => o.RotationZ, (o, v) => o with { RotationZ = v }),
        Num("scale", "", 0.5, 2, "Scale from fluorescence to EM; used where transform is similarity or deformation.", o => o.Scale, (o, v) => o with { Scale = v }),
        Num("deformation_max", "nm", 0, 5000, "Largest displacement of the deformation; used where transform is deformation.", o => o.DeformationMax, (o, v) => o with { DeformationMax = v }),
        Num("deformation_spacing", "nm", 500, 100000, "Distance of the deformation's control points.", o => o.DeformationSpacing, (o, v) => o with { DeformationSpacing = v }),
        Num("missing", "", 0, 0.95, "Fraction of the mitochondria that do not fluoresce.", o => o.Missing, (o, v) => o with { Missing = v }),
        Num("false_objects", "", 0, 5, "Fluorescent objects that are not in the EM, as a fraction of the number of mitochondria.", o => o.FalseObjects, (o, v) => o with { FalseObjects = v }),
        Num("brightness_spread", "", 0, 2, "Standard deviation of the logarithm of a mitochondrion's brightness.", o => o.BrightnessSpread, (o, v) => o with { BrightnessSpread = v }),
        Num("photons", "", 1, 100000, "Photons in a pixel inside a large object of brightness 1, before attenuation.", o => o.Photons, (o, v) => o with { Photons = v }),
        Num("background", "photons", 0, 100000, "Mean of the smooth background.", o => o.Background, (o, v) => o with { Background = v }),
        Num("haze", "", 0, 1, "Out-of-focus light: this fraction of the light of all slices, blurred by 1 um, is added to each slice.", o => o.Haze, (o, v) => o with { Haze = v }),
        Num("attenuation", "nm", 100, 1e9, "Depth over which the light falls to 1/e.", o => o.Attenuation, (o, v) => o with { Attenuation = v }),
        Num("gain", "counts per photon", 0.01, 1000, "Camera counts per photon.", o => o.Gain, (o, v) => o with { Gain = v }),
        Num("read_noise", "counts", 0, 10000, "Standard deviation of the camera's read noise.", o => o.ReadNoise, (o, v) => o with { ReadNoise = v }),
        Num("camera_offset", "counts", 0, 60000, "Counts that the camera gives without light.", o => o.CameraOffset, (o, v) => o with { CameraOffset = v }),
        Num("margin_z", "nm", 0, 100000, "Fluorescence field beyond the EM volume above and below.", o => o.MarginZ, (o, v) => o with { MarginZ = v }),
        Num("margin_xy", "nm", 0, 100000, "Fluorescence field beyond the EM volume at all four sides.", o => o.MarginXy, (o, v) => o with { MarginXy = v }),
        Num("offset_y", "nm", 0, 100000, "More fluorescence field at the low side of y.", o => o.OffsetY, (o, v) => o with { OffsetY = v }),
        Num("offset_x", "nm", 0, 100000, "More fluorescence field at the low side of x.", o => o.OffsetX, (o, v) => o with { OffsetX = v }),
        Int("mitochondria", "", 0, 20000, "Mitochondria to place; 0 chooses by density.", o => o.Mitochondria, (o, v) => o with { Mitochondria = v }),
        Int("channels", "", 1, 2, "Fluorescence channels: 1 is mitochondria only, 2 adds lysosomes.", o => o.Channels, (o, v) => o with { Channels = v }),
        Num("surround_z", "nm", 0, 100000, "How far the cell goes on, and fluoresces, above and below the EM volume.", o => o.SurroundZ, (o, v) => o with { SurroundZ = v }),
        Num("surround_xy", "nm", 0, 100000, "How far the cell goes on, and fluoresces, beyond the EM volume in xy.", o => o.SurroundXy, (o, v) => o with { SurroundXy = v }),
    ];

    /// <summary>The EM grid; its first voxel lies at (0, 0, 0).</summary>
    public Grid EmGrid => new(new Size3(EmSizeZ, EmSizeY, EmSizeX), new Point3(EmSpacingZ, EmSpacingXy, EmSpacingXy));

    /// <summary>The scale that the true transform has: 1 where it is rigid.</summary>
    public double AppliedScale => Transform == SimulatedTransform.Rigid ? 1 : Scale;

    /// <summary>The name of a transform kind as the user knows it.</summary>
    public static string NameOf(SimulatedTransform transform) => transform switch
    {
        SimulatedTransform.Rigid => "rigid",
        SimulatedTransform.Similarity => "similarity",
        SimulatedTransform.Deformation => "deformation",
        _ => throw BadInputException.ForParameter("transform", transform, "one of rigid, similarity, deformation"),
    };

    /// <summary>The transform kind of a name.</summary>
    /// <exception cref="BadInputException">There is none of that name.</exception>
    public static SimulatedTransform TransformOf(string? name) => name switch
    {
        "rigid" => SimulatedTransform.Rigid,
        "similarity" => SimulatedTransform.Similarity,
        "deformation" => SimulatedTransform.Deformation,
        _ => throw BadInputException.ForParameter("transform", name, "one of rigid, similarity, deformation"),
    };

    /// <summary>Checks every value.</summary>
    /// <exception cref="BadInputException">A value out of its range.</exception>
    public void Check()
    {
        NameOf(Transform);
        foreach (SimulationOption option in Numbers)
        {
            double value = option.Get(this);
            if (!option.Allows(value)) throw option.Refuse(value);
        }
    }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("transform", NameOf(Transform));
        foreach (SimulationOption option in Numbers) json.WriteNumber(option.Name, option.Get(this));
        json.WriteEndObject();
    }

    internal static ClemSimulationOptions Read(JsonElement json)
    {
        var options = new ClemSimulationOptions { Transform = TransformOf(TruthJson.Text(json, "transform")) };
        foreach (SimulationOption option in Numbers)
        {
            double value = TruthJson.Number(json, option.Name);
            if (!option.Allows(value)) throw option.Refuse(value);
            options = option.With(options, value);
        }
        return options;
    }

    private static SimulationOption Num(string name, string unit, double minimum, double maximum, string help,
        Func<ClemSimulationOptions, double> get, Func<ClemSimulationOptions, double, ClemSimulationOptions> with) =>
        new(name, unit, minimum, maximum, false, help, get, with);

    private static SimulationOption Int(string name, string unit, int minimum, int maximum, string help,
        Func<ClemSimulationOptions, int> get, Func<ClemSimulationOptions, int, ClemSimulationOptions> with) =>
        new(name, unit, minimum, maximum, true, help, o => get(o), (o, v) => with(o, (int)v));
}
