using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Transforms;

/// <summary>Transforms and grids that the tests of the formats share.</summary>
internal static class Maps
{
    /// <summary>All twelve numbers different; z, y, x, nm.</summary>
    public static AffineTransform Affine { get; } = new([1.1, 0.02, -0.03, 4000, 0.05, 0.9, 0.06, -7000.5, 0.07, -0.08, 1.2, 123.25]);

    /// <summary>Shifts by 1, 2, 3 um along x, y, z: an example that can be checked by hand.</summary>
    public static AffineTransform Shift { get; } = new([1, 0, 0, 3000, 0, 1, 0, 2000, 0, 0, 1, 1000]);

    public static Grid Moving { get; } = new(new Size3(11, 41, 51), new Point3(300, 100, 100), new Point3(30, 20, 10));

    public static Grid Fixed { get; } = new(new Size3(100, 200, 300), new Point3(20, 10, 10), new Point3(-5, -6, -7));

    /// <summary>A smooth map that is not affine.</summary>
    public sealed class Bent : SpatialTransform
    {
        public override Point3 Apply(Point3 p) => Affine.Apply(p) + new Point3(50 * Math.Sin(p.X / 2000), 80 * Math.Sin(p.Z / 1500), 100 * Math.Cos(p.Y / 2500));

        public override SpatialTransform Inverse() => throw new NotSupportedException();
    }

    public static ExportSource Source(SpatialTransform transform, string unit = "um", int controlPoints = 60, bool approximate = false) =>
        new(transform, LengthUnit.Parse(unit, "unit"), controlPoints)
        {
            Moving = Moving,
            MovingSizeKnown = true,
            Fixed = Fixed,
            FixedSizeKnown = true,
            MovingName = "fm.tif",
            FixedName = "em.tif",
            AffineApproximation = approximate,
        };

    public static string Text(this ITransformFormat format, ExportSource source) => Assert.Single(format.Write(source)).Text!;

    public static ImportSource In(string text, string unit = "um", string item = "") => new(text, "their.file", LengthUnit.Parse(unit, "unit"), Moving, Fixed, item);

    public static IEnumerable<Point3> Somewhere { get; } = [default, new Point3(1000, -20000, 30000), new Point3(5000, 4000, 300)];

    /// <summary>The same map to within a thousandth of a nanometre at the scale of an image.</summary>
    public static void Same(SpatialTransform expected, SpatialTransform actual, double nm = 1e-3)
    {
        foreach (Point3 p in Somewhere) Assert.True((expected.Apply(p) - actual.Apply(p)).Length < nm, $"{p} goes to {expected.Apply(p)}, not {actual.Apply(p)}");
    }
}
