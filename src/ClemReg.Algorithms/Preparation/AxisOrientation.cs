using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Preparation;

/// <summary>How an image's axes are exchanged and turned round: each axis of the result runs along one of the image, or against it.</summary>
public sealed class AxisOrientation
{
    private readonly int[] _axis;
    private readonly bool[] _reversed;

    private AxisOrientation(int[] axis, bool[] reversed) => (_axis, _reversed) = (axis, reversed);

    /// <summary>Nothing is changed.</summary>
    public static AxisOrientation Identity { get; } = new([0, 1, 2], [false, false, false]);

    /// <summary>The mirror image along axis 0 (z), 1 (y) or 2 (x).</summary>
    public static AxisOrientation Flip(int axis) => new([0, 1, 2], [axis == 0, axis == 1, axis == 2]);

    /// <summary>Two axes change places, as by ImageJ's Reslice: a mirror image.</summary>
    public static AxisOrientation Swap(int a, int b)
    {
        int[] axes = [0, 1, 2];
        (axes[a], axes[b]) = (b, a);
        return new AxisOrientation(axes, [false, false, false]);
    }

    /// <summary>A turn by 90 degrees, which takes x to y (about z), y to z (about x) or z to x (about y); about z it is clockwise on the screen.</summary>
    /// <param name="axis">0 (z), 1 (y) or 2 (x).</param>
    public static AxisOrientation QuarterTurn(int axis)
    {
        // What ran along 'from' runs along 'to' afterwards.
        (int from, int to) = axis switch { 0 => (2, 1), 1 => (0, 2), _ => (1, 0) };
        int[] axes = [0, 1, 2];
        bool[] reversed = [false, false, false];
        (axes[to], axes[from], reversed[from]) = (from, to, true);
        return new AxisOrientation(axes, reversed);
    }

    /// <summary>The image's axis along which an axis of the result runs.</summary>
    public int Axis(int axis) => _axis[axis];

    /// <summary>Whether an axis of the result runs against the image's.</summary>
    public bool Reversed(int axis) => _reversed[axis];

    /// <summary>Whether nothing changes.</summary>
    public bool IsIdentity => _axis is [0, 1, 2] && !_reversed.Contains(true);

    /// <summary>This, and <paramref name="next"/> after it.</summary>
    public AxisOrientation Then(AxisOrientation next) => new(
        [.. next._axis.Select(a => _axis[a])], [.. next._axis.Select((a, i) => _reversed[a] ^ next._reversed[i])]);

    /// <summary>The size of the result.</summary>
    public Size3 Apply(Size3 size)
    {
        int[] n = [size.Z, size.Y, size.X];
        return new Size3(n[_axis[0]], n[_axis[1]], n[_axis[2]]);
    }

    /// <summary>The grid of the result whose centre lies where the image's does, and the map that takes structures there.</summary>
    /// <remarks>The map is a turn or a mirror image about the centre of the image's box.</remarks>
    public (Grid Grid, AffineTransform Transform) AboutCentre(Grid grid)
    {
        Size3 size = Apply(grid.Size);
        Point3 spacing = Permute(grid.Spacing), centre = grid.ToPhysical((grid.Size.Z - 1) / 2.0, (grid.Size.Y - 1) / 2.0, (grid.Size.X - 1) / 2.0);
        var origin = new Point3(centre.Z - (size.Z - 1) / 2.0 * spacing.Z, centre.Y - (size.Y - 1) / 2.0 * spacing.Y, centre.X - (size.X - 1) / 2.0 * spacing.X);
        Span<double> rows = stackalloc double[12];
        for (int a = 0; a < 3; a++)
        {
            double sign = _reversed[a] ? -1 : 1;
            rows[4 * a + _axis[a]] = sign;
            rows[4 * a + 3] = centre[a] - sign * centre[_axis[a]];
        }
        return (new Grid(size, spacing, origin), new AffineTransform(rows));
    }

    /// <summary>The grid of the result whose coordinates are those of the image in another order, and the map that says so. For exchanges of axes.</summary>
    public (Grid Grid, AffineTransform Transform) Exchanged(Grid grid)
    {
        Span<double> rows = stackalloc double[12];
        for (int a = 0; a < 3; a++) rows[4 * a + _axis[a]] = 1;
        return (new Grid(Apply(grid.Size), Permute(grid.Spacing), Permute(grid.Origin)), new AffineTransform(rows));
    }

    private Point3 Permute(Point3 p) => new(p[_axis[0]], p[_axis[1]], p[_axis[2]]);
}
