using System.Numerics;

namespace ClemReg.Algorithms.Simulation;

/// <summary>What an organelle is.</summary>
internal enum OrganelleKind
{
    Mitochondrion,
    Lysosome,
    LipidDroplet,
    Endosome,
    Vesicle,
    NuclearPore,
}

/// <summary>
/// An organelle: tubes of varying radius around centre lines, made of conical segments. Positions are z, y, x in nm of the EM frame, held
/// in the X, Y and Z of a <see cref="Vector3"/> in that order.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">Its own random key: grey values, cristae.</param>
internal sealed record Organelle(OrganelleKind Kind, ulong Key)
{
    /// <summary>Its value in the id volume: mitochondria from 1, then lysosomes; 0 for all others.</summary>
    public ushort Id { get; set; }

    /// <summary>Its segments.</summary>
    public List<TubeSegment> Segments { get; } = [];

    /// <summary>Side branches.</summary>
    public int Branches { get; set; }

    /// <summary>Length of all centre lines, nm.</summary>
    public double Length => Segments.Sum(s => (double)s.Length);

    /// <summary>Mean radius along the centre lines, nm.</summary>
    public double MeanRadius => Segments.Average(s => s.RadiusA + 0.5 * s.RadiusChange);

    /// <summary>Adds the segments of one centre line.</summary>
    /// <param name="line">The nodes: one (a sphere) or more.</param>
    public void AddLine(IReadOnlyList<TubeNode> line)
    {
        Vector3 tangent = line.Count > 1 ? Vector3.Normalize(line[1].Position - line[0].Position) : Vector3.UnitZ;
        Vector3 normal = AnyNormal(tangent);
        float arc = 0;
        for (int i = 0; i < Math.Max(1, line.Count - 1); i++)
        {
            TubeNode a = line[i], b = line[Math.Min(i + 1, line.Count - 1)];
            Vector3 along = b.Position - a.Position;
            float length = along.Length();
            if (length > 0)
            {
                // Parallel transport: the normal turns with the tangent and does not twist about it.
                Vector3 next = along / length;
                normal -= Vector3.Dot(normal, next) * next;
                normal = normal.LengthSquared() > 1e-4f ? Vector3.Normalize(normal) : AnyNormal(next);
                tangent = next;
            }
            Segments.Add(new TubeSegment(this, a.Position, along, a.Radius, b.Radius - a.Radius, tangent, normal, arc));
            arc += length;
        }
    }

    private static Vector3 AnyNormal(Vector3 tangent)
    {
        Vector3 other = MathF.Abs(tangent.X) < 0.7f ? Vector3.UnitX : Vector3.UnitY;
        return Vector3.Normalize(Vector3.Cross(tangent, other));
    }
}

/// <summary>A point of a centre line and the radius there, nm.</summary>
internal readonly record struct TubeNode(Vector3 Position, float Radius);

/// <summary>A piece of a tube between two nodes, with a frame that follows the tube.</summary>
internal sealed class TubeSegment(
    Organelle owner, Vector3 start, Vector3 along, float radiusA, float radiusChange, Vector3 tangent, Vector3 normal, float arc)
{
    private readonly float _inverseSquare = along.LengthSquared() > 0 ? 1 / along.LengthSquared() : 0;

    public Organelle Owner { get; } = owner;
    public Vector3 Start { get; } = start;
    public Vector3 Along { get; } = along;
    public float RadiusA { get; } = radiusA;
    public float RadiusChange { get; } = radiusChange;
    public float Length { get; } = along.Length();
    public float LargestRadius { get; } = MathF.Max(radiusA, radiusA + radiusChange);

    /// <summary>Signed distance of a point from the tube's surface, nm, positive inside.</summary>
    public float Distance(Vector3 p)
    {
        Vector3 w = p - Start;
        float t = Math.Clamp(Vector3.Dot(w, Along) * _inverseSquare, 0, 1);
        return RadiusA + t * RadiusChange - (w - t * Along).Length();
    }

    /// <summary>Coordinates of a point in the tube's frame, nm: along the centre line, and twice across it.</summary>
    public Vector3 Local(Vector3 p)
    {
        Vector3 w = p - Start;
        return new Vector3(arc + Vector3.Dot(w, tangent), Vector3.Dot(w, normal), Vector3.Dot(w, Vector3.Cross(tangent, normal)));
    }
}
